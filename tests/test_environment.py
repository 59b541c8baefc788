"""`.ci/environment`: uses a uv or a Python that works, and installs only when a lock changed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The programs that the script calls; nothing else of this machine is on its path.
TOOLS = ("awk", "cat", "chmod", "cksum", "cp", "dirname", "mkdir", "rm", "sh")
SENTENCE = (
    "Voice Studio needs Python 3.12 or newer (with its venv module) or uv: "
    "install one of them and try again.\n"
)
BROKEN = "#!/bin/sh\necho 'not here' >&2\nexit 127\n"
# Logs its arguments; creates a .venv with itself as python, and "installs" the spare uv.
WORKING_PYTHON = """#!/bin/sh
echo "python $*" >>"{log}"
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi
case "$*" in *" .venv/uv.txt") cp "{uv}" .venv/bin/uv ;; esac
"""
WORKING_UV = """#!/bin/sh
case "$0" in */.venv/*|.venv/*) echo ".venv/bin/uv $*" ;; *) echo "uv $*" ;; esac >>"{log}"
if [ "$1" = venv ]; then mkdir -p .venv/bin; cp "{python}" .venv/bin/python; fi
"""
UV_THAT_CANNOT_INSTALL = '#!/bin/sh\n[ "$1" = --version ]\n'
BY_PIP = "python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes "
BY_UV = "uv pip install --quiet --python .venv/bin/python --require-hashes "
BY_PINNED_UV = ".venv/bin/" + BY_UV
LOCK = "django==6.1.3 \\\n    --hash=sha256:aa\n"
DEV_LOCK = (
    LOCK
    + "espeakng-loader==0.2.4 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    + "    # via voicestudio\npytest==9.2.0 \\\n    --hash=sha256:dd\n"
    + "uv==0.11.33 \\\n    --hash=sha256:ff\nuvicorn==0.51.0 \\\n    --hash=sha256:ab\n"
)


class Machine:
    """A checkout, and a PATH with only the programs that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin, self.log = folder / "studio", folder / "bin", folder / "log"
        (self.root / ".ci").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / ".ci" / "environment", self.root / ".ci")
        (self.root / ".python-version").write_text("3.13\n")
        (self.root / "requirements.lock").write_text(LOCK)
        (self.root / "requirements-dev.lock").write_text(DEV_LOCK)
        self.log.touch()
        # The programs that `uv venv` and `pip install uv` put into a .venv.
        self.python, self.uv = folder / "spare-python", folder / "spare-uv"
        self.write(self.python, WORKING_PYTHON)
        self.write(self.uv, BROKEN)
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (self.bin / name).symlink_to(found)

    def add_program(self, name: str, program: str) -> None:
        """Put a program on the path."""
        self.write(self.bin / name, program)

    def write(self, file: Path, program: str) -> None:
        """Write a program with the places of the log and of the spare programs filled in."""
        file.write_text(program.format(log=self.log, python=self.python, uv=self.uv))
        file.chmod(0o755)

    def run_script(self, kind: str) -> tuple[int, str]:
        """Run the script; return its exit status and its stderr."""
        done = subprocess.run(
            [self.bin / "sh", ".ci/environment", kind],
            cwd=self.root,
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        return done.returncode, done.stderr

    def calls(self) -> list[str]:
        """The calls logged since the last time, without those that only try a program out."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return [line for line in lines if "--version" not in line and " -c " not in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with neither uv nor Python."""
    return Machine(tmp_path)


def test_missing_uv_and_python_are_reported_in_one_sentence(machine: Machine) -> None:
    assert machine.run_script("run") == (1, SENTENCE)


def test_programs_that_do_not_run_are_skipped(machine: Machine) -> None:
    for name in ("uv", "python3.13", "python3", "python"):
        machine.add_program(name, BROKEN)

    assert machine.run_script("run") == (1, SENTENCE)


def test_python_is_used_where_uv_does_not_run(machine: Machine) -> None:
    machine.add_program("uv", BROKEN)
    machine.add_program("python3.13", BROKEN)
    machine.add_program("python3", WORKING_PYTHON)

    assert machine.run_script("run") == (0, "")
    assert machine.calls() == [
        "python -m venv .venv",
        BY_PIP + "-r .venv/uv.txt",
        BY_PIP + "-r requirements.lock -r .venv/practice.txt",
    ]


def test_pinned_uv_installs_into_a_venv_made_by_python(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON)
    machine.write(machine.uv, WORKING_UV)

    assert machine.run_script("run") == (0, "")
    assert machine.calls() == [
        "python -m venv .venv",
        BY_PIP + "-r .venv/uv.txt",
        BY_PINNED_UV + "-r requirements.lock -r .venv/practice.txt",
    ]
    assert (machine.root / ".venv" / "uv.txt").read_text() == (
        "uv==0.11.33 \\\n    --hash=sha256:ff\n"
    )

    assert machine.run_script("test") == (0, "")
    assert machine.calls() == [BY_PINNED_UV + "-r requirements-dev.lock"]


def test_pip_installs_where_the_pinned_uv_fails(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON)
    machine.write(machine.uv, UV_THAT_CANNOT_INSTALL)

    assert machine.run_script("test") == (0, "")
    assert machine.calls()[-1] == BY_PIP + "-r requirements-dev.lock"


def test_pip_installs_where_uv_cannot_be_installed(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON + 'case "$*" in *uv.txt) exit 1 ;; esac\n')

    assert machine.run_script("test") == (0, "")
    assert machine.calls()[-1] == BY_PIP + "-r requirements-dev.lock"


def test_practice_group_is_installed_with_its_hashes(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON)

    machine.run_script("run")

    assert (machine.root / ".venv" / "practice.txt").read_text() == (
        "espeakng-loader==0.2.4 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )


def test_working_uv_is_preferred_and_hashes_are_required(machine: Machine) -> None:
    machine.add_program("uv", WORKING_UV)
    machine.add_program("python3", WORKING_PYTHON)

    assert machine.run_script("test") == (0, "")
    assert machine.calls() == [
        "uv venv --quiet --clear --python 3.13 .venv",
        BY_UV + "-r requirements-dev.lock",
    ]


def test_python_is_used_where_uv_cannot_install(machine: Machine) -> None:
    machine.add_program("uv", UV_THAT_CANNOT_INSTALL)
    machine.add_program("python3", WORKING_PYTHON)

    status, _ = machine.run_script("run")

    assert (status, machine.calls()[0]) == (0, "python -m venv .venv")


def test_second_run_installs_nothing(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON)
    machine.run_script("test")
    machine.calls()

    assert [machine.run_script("test"), machine.run_script("run")] == [(0, ""), (0, "")]
    assert machine.calls() == []


def test_test_environment_adds_to_the_run_environment(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON)
    machine.run_script("run")
    machine.calls()

    machine.run_script("test")

    assert machine.calls() == [BY_PIP + "-r requirements-dev.lock"]


def test_changed_lock_creates_the_environment_again(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON)
    machine.run_script("test")
    machine.calls()
    (machine.root / "requirements.lock").write_text(LOCK.replace("aa", "ee"))

    machine.run_script("test")

    assert machine.calls()[0] == "python -m venv .venv"


def test_failed_installation_is_repeated(machine: Machine) -> None:
    machine.add_program("python3", WORKING_PYTHON + '[ "$2" != pip ]\n')
    status, _ = machine.run_script("run")
    assert status != 0
    machine.calls()

    machine.run_script("run")

    assert machine.calls()[0] == "python -m venv .venv"


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-sentry.lock", "requirements-dev.lock"]
)
def test_locks_contain_no_addresses_or_paths(name: str) -> None:
    text = (ROOT / name).read_text()

    assert [
        word for word in ("://", "file:", "--index", "--find-links", "/opt/") if word in text
    ] == []
    assert text.count("--hash=sha256:") > text.count("==")
