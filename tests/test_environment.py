"""`.ci/environment`: finds a uv or a Python that works, and installs only when a lock changed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What the script itself calls; nothing else of this machine is on its path.
TOOLS = ("awk", "cat", "chmod", "cksum", "cp", "dirname", "mkdir", "rm", "sh")
SENTENCE = (
    "Voice Studio needs Python 3.12 or newer (with its venv module) or uv: "
    "install one of them and try again.\n"
)
BROKEN = "#!/bin/sh\necho 'not here' >&2\nexit 127\n"
# Writes down what it was called with; makes a .venv whose python is itself, which installs a uv.
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
    """A checkout and a PATH with nothing on it but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin, self.log = folder / "studio", folder / "bin", folder / "log"
        (self.root / ".ci").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / ".ci" / "environment", self.root / ".ci")
        (self.root / ".python-version").write_text("3.13\n")
        (self.root / "requirements.lock").write_text(LOCK)
        (self.root / "requirements-dev.lock").write_text(DEV_LOCK)
        self.log.touch()
        # What `uv venv` and `pip install uv` put into a .venv.
        self.python, self.uv = folder / "spare-python", folder / "spare-uv"
        self.write(self.python, WORKING_PYTHON)
        self.write(self.uv, BROKEN)
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (self.bin / name).symlink_to(found)

    def has(self, name: str, program: str) -> None:
        """Put a program on the path."""
        self.write(self.bin / name, program)

    def write(self, file: Path, program: str) -> None:
        """A program that knows where the log and the spare ones are."""
        file.write_text(program.format(log=self.log, python=self.python, uv=self.uv))
        file.chmod(0o755)

    def make(self, kind: str) -> tuple[int, str]:
        """Run the script; its exit status and what it said on stderr."""
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
        """What was called since we last asked, without the trials."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return [line for line in lines if "--version" not in line and " -c " not in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with neither uv nor Python."""
    return Machine(tmp_path)


def test_neither_uv_nor_python_is_said_in_one_sentence(machine: Machine) -> None:
    assert machine.make("run") == (1, SENTENCE)


def test_shims_that_do_nothing_are_passed_over(machine: Machine) -> None:
    for name in ("uv", "python3.13", "python3", "python"):
        machine.has(name, BROKEN)

    assert machine.make("run") == (1, SENTENCE)


def test_python_serves_where_uv_is_a_shim(machine: Machine) -> None:
    machine.has("uv", BROKEN)
    machine.has("python3.13", BROKEN)
    machine.has("python3", WORKING_PYTHON)

    assert machine.make("run") == (0, "")
    assert machine.calls() == [
        "python -m venv .venv",
        BY_PIP + "-r .venv/uv.txt",
        BY_PIP + "-r requirements.lock -r .venv/practice.txt",
    ]


def test_uv_of_the_lock_installs_what_python_began(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON)
    machine.write(machine.uv, WORKING_UV)

    assert machine.make("run") == (0, "")
    assert machine.calls() == [
        "python -m venv .venv",
        BY_PIP + "-r .venv/uv.txt",
        BY_PINNED_UV + "-r requirements.lock -r .venv/practice.txt",
    ]
    assert (machine.root / ".venv" / "uv.txt").read_text() == (
        "uv==0.11.33 \\\n    --hash=sha256:ff\n"
    )

    assert machine.make("test") == (0, "")
    assert machine.calls() == [BY_PINNED_UV + "-r requirements-dev.lock"]


def test_pip_goes_on_where_the_uv_of_the_lock_cannot(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON)
    machine.write(machine.uv, UV_THAT_CANNOT_INSTALL)

    assert machine.make("test") == (0, "")
    assert machine.calls()[-1] == BY_PIP + "-r requirements-dev.lock"


def test_pip_goes_on_where_there_is_no_uv_for_the_machine(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON + 'case "$*" in *uv.txt) exit 1 ;; esac\n')

    assert machine.make("test") == (0, "")
    assert machine.calls()[-1] == BY_PIP + "-r requirements-dev.lock"


def test_practice_group_comes_from_the_other_lock_with_its_hashes(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON)

    machine.make("run")

    assert (machine.root / ".venv" / "practice.txt").read_text() == (
        "espeakng-loader==0.2.4 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )


def test_working_uv_goes_first_and_hashes_are_required(machine: Machine) -> None:
    machine.has("uv", WORKING_UV)
    machine.has("python3", WORKING_PYTHON)

    assert machine.make("test") == (0, "")
    assert machine.calls() == [
        "uv venv --quiet --clear --python 3.13 .venv",
        BY_UV + "-r requirements-dev.lock",
    ]


def test_python_serves_where_uv_cannot_install(machine: Machine) -> None:
    machine.has("uv", UV_THAT_CANNOT_INSTALL)
    machine.has("python3", WORKING_PYTHON)

    status, _ = machine.make("run")

    assert (status, machine.calls()[0]) == (0, "python -m venv .venv")


def test_nothing_is_installed_twice(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON)
    machine.make("test")
    machine.calls()

    assert [machine.make("test"), machine.make("run")] == [(0, ""), (0, "")]
    assert machine.calls() == []


def test_tests_add_to_what_run_has_installed(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON)
    machine.make("run")
    machine.calls()

    machine.make("test")

    assert machine.calls() == [BY_PIP + "-r requirements-dev.lock"]


def test_a_changed_lock_makes_it_anew(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON)
    machine.make("test")
    machine.calls()
    (machine.root / "requirements.lock").write_text(LOCK.replace("aa", "ee"))

    machine.make("test")

    assert machine.calls()[0] == "python -m venv .venv"


def test_a_failed_installation_is_not_taken_for_done(machine: Machine) -> None:
    machine.has("python3", WORKING_PYTHON + '[ "$2" != pip ]\n')
    status, _ = machine.make("run")
    assert status != 0
    machine.calls()

    machine.make("run")

    assert machine.calls()[0] == "python -m venv .venv"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_name_no_address_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text()

    assert [
        word for word in ("://", "file:", "--index", "--find-links", "/opt/") if word in text
    ] == []
    assert text.count("--hash=sha256:") > text.count("==")
