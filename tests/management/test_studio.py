"""`manage.py studio` as a person meets it: real processes on a data folder of their own."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import pytest
import requests

from tests.tables import LAID
from voicestudio.processes.supervisor import Part, Studio

ROOT = Path(__file__).parent.parent.parent
PASSWORD = re.compile(r"sign in as manager with the password (\S+) \(shown only this once\)\.")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait for it, not for ever."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those of them that still run."""
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


def gone(processes: list[psutil.Process]) -> bool:
    """Does none of them run any more?"""
    return not alive(processes)


@dataclass
class Running:
    """One `manage.py studio`, what it said, and its processes."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port, self.practice_port = free_port(), free_port()
        self.log = self.folder.with_name(f"{self.folder.name}-{self.port}.log")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "PRACTICE_PORT": str(self.practice_port),
            **self.variables,
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "studio"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return self.log.read_text()

    def has_said(self, words: str) -> bool:
        """Has it said this by now?"""
        return words in self.said

    def welcomed(self) -> "Running":
        """Wait until it says that all answers."""
        assert until(lambda: " is at " in self.said or self.process.poll() is not None), self.said
        assert " is at " in self.said, self.said
        return self

    def family(self) -> list[psutil.Process]:
        """All processes below the supervisor."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, words: str) -> psutil.Process:
        """The child that runs these words, once it does."""
        found: list[psutil.Process] = []

        def look() -> bool:
            for child in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    if words in " ".join(child.cmdline()):
                        found.append(child)
            return bool(found)

        assert until(look), self.said
        return found[0]

    def health(self) -> int:
        """The status of /healthz, 0 when nobody answers."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).status_code
        except requests.ConnectionError:
            return 0

    def practice_answers(self) -> bool:
        """Does the stand-in take connections?"""
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.practice_port), timeout=1).close()
            return True
        return False

    def end(self) -> None:
        """Whatever the test did, leave nothing behind."""
        family: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            family = self.family()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        for process in alive(family):
            process.kill()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


SET_UP = """
import django
django.setup()
from django.core.management import call_command
from voicestudio.management import statics
call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
statics.collect_if_changed()
"""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A data folder with tables and static files, made once in a run, since it takes seconds."""
    base = tmp_path_factory.getbasetemp()
    common = base if worker_id == "master" else base.parent
    folder, made = common / "prepared", common / "prepared-is-made"
    with (common / "prepared.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir(mode=0o700)
            if (common / LAID).exists():
                shutil.copyfile(common / LAID, folder / "studio.sqlite3")
            subprocess.run(
                [sys.executable, "-c", SET_UP],
                cwd=ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "DJANGO_SETTINGS_MODULE": "voicestudio.settings",
                    "VOICESTUDIO_ENV_FILE": "",
                    "VOICESTUDIO_DATA_DIR": str(folder),
                },
                check=True,
                timeout=120,
            )
            made.touch()
    return folder


@pytest.fixture
def studios(tmp_path: Path, prepared: Path) -> Iterator[Callable[..., Running]]:
    """Starts studios, all on one prepared folder, and ends them after the test."""
    started: list[Running] = []
    folder = tmp_path / "data"
    shutil.copytree(prepared, folder)

    def start(**variables: str) -> Running:
        started.append(Running(folder, variables))
        return started[-1]

    yield start
    for studio in started:
        studio.end()


@pytest.fixture(scope="session")
def left() -> Iterator[list[Running]]:
    """Studios that a test has left as it found them, for the next one."""
    studios: list[Running] = []
    yield studios
    for studio in studios:
        studio.end()


@pytest.fixture
def studio(
    left: list[Running], prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A studio in practice mode that is at work: for tests that do not look at its beginning."""
    if not left:
        folder = tmp_path_factory.mktemp("studio") / "data"
        shutil.copytree(prepared, folder)
        # Hashing a password takes as long as starting a part.
        with contextlib.closing(sqlite3.connect(folder / "studio.sqlite3")) as database, database:
            database.execute(
                "INSERT INTO auth_user (username, password, is_superuser, first_name, last_name,"
                " email, is_staff, is_active, date_joined)"
                " VALUES ('manager', '!', TRUE, '', '', '', TRUE, TRUE, '2026-01-01')"
            )
        left.append(Running(folder))
    running = left.pop()
    try:
        yield running.welcomed()
    except BaseException:
        running.end()
        raise
    if running.process.poll() is None and running.health() == 200:
        left.append(running)
    else:
        running.end()


def sign_in(studio: Running, password: str) -> int:
    """The status of `/` after signing in as manager."""
    with requests.Session() as browser:
        form = browser.get(f"{studio.url}/sign-in/", timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        assert token is not None, form.text
        browser.post(
            f"{studio.url}/sign-in/",
            {"username": "manager", "password": password, "csrfmiddlewaretoken": token[1]},
            timeout=10,
        )
        return browser.get(f"{studio.url}/", timeout=10, allow_redirects=False).status_code


def test_first_start_makes_manager_and_second_start_keeps_all(
    studios: Callable[..., Running],
) -> None:
    first = studios().welcomed()
    (line,) = [line for line in first.said.splitlines() if " is at " in line]
    found = PASSWORD.search(line)
    assert found is not None, line
    assert line.startswith(f"Voice Studio (practice mode) is at {first.url}/ – ")
    assert sign_in(first, found[1]) == 200
    first.end()

    second = studios().welcomed()

    assert PASSWORD.search(second.said) is None
    assert "sign in as before" in second.said
    assert sign_in(second, found[1]) == 200


def test_a_part_that_dies_is_started_again_and_told(studio: Running) -> None:
    for words, name in (
        ("run_web", "web server"),
        ("run_worker", "worker"),
        ("voicestudio.practice", "stand-in provider"),
    ):
        part = studio.part(words)
        group = [part, *part.children(recursive=True)]
        part.kill()

        assert until(partial(studio.has_said, f"The {name} was killed by signal 9"))
        assert until(partial(gone, group))
        assert studio.part(words).pid != part.pid
    told = [line for line in studio.said.splitlines() if "was killed" in line]
    assert told == [
        f"The {name} was killed by signal 9; it is started again in 0.2 s."
        for name in ("web server", "worker", "stand-in provider")
    ]
    assert until(lambda: studio.health() == 200)
    assert until(lambda: studio.practice_answers())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_within_five_seconds(studio: Running, number: signal.Signals) -> None:
    family = studio.family()

    studio.process.send_signal(number)

    assert studio.process.wait(5) == 0
    assert alive(family) == []
    assert studio.said.endswith("Voice Studio has stopped.\n")


def test_no_orphan_outlives_a_killed_supervisor(studio: Running) -> None:
    family = studio.family()
    assert len(family) >= 4

    studio.process.kill()
    studio.process.wait()

    assert until(lambda: alive(family) == [], 5), family


def test_no_orphan_outlives_a_supervisor_killed_with_its_web_server(studio: Running) -> None:
    family, web = studio.family(), studio.part("run_web")

    studio.process.kill()
    web.kill()
    studio.process.wait()

    assert until(lambda: alive(family) == [], 5), family


def test_a_port_in_use_is_said_before_anything_starts(
    studios: Callable[..., Running],
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        studio = studios(PORT=str(port))

        assert studio.process.wait(30) == 1
    assert studio.said == (
        f"CommandError: Port {port} cannot be used (address already in use); "
        "choose another one with PORT=.\n"
    )
    assert psutil.pid_exists(studio.process.pid) is False


def test_a_second_studio_on_one_data_folder_is_refused(studio: Running) -> None:
    second = Running(studio.folder)
    try:
        assert second.process.wait(30) == 1
    finally:
        second.end()

    assert second.said == (
        f"CommandError: Another studio is running on the data folder {studio.folder}.\n"
    )
    assert studio.health() == 200


def test_with_a_key_and_no_users_the_command_for_the_first_one_is_said(
    studios: Callable[..., Running],
) -> None:
    studio = studios(MINIMAX_API_KEY="never-used", MINIMAX_BASE_URL="http://127.0.0.1:9").welcomed()

    program = f"{os.path.relpath(sys.executable, ROOT)} manage.py"
    assert studio.said == (
        f"Voice Studio is at {studio.url}/ – "
        f"make the first administrator with: {program} createsuperuser\n"
    )
    assert {child.cmdline()[-1] for child in psutil.Process(studio.process.pid).children()} == {
        "run_web",
        "run_worker",
    }


def test_a_part_that_ignores_term_is_killed(tmp_path: Path) -> None:
    """The supervisor alone, over a part that listens like a web server but will not go."""
    port = free_port()
    studio = Studio(
        parts=[Part("stubborn part", "tests.management.stubborn", [str(port)])],
        folder=str(ROOT),
        host="127.0.0.1",
        port=port,
        host_header="localhost",
        practice_port=0,
        welcome="All is at its place.",
    )
    reader, writer = os.pipe()
    os.write(writer, studio.to_json().encode())
    os.close(writer)
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "voicestudio.processes.supervisor", str(reader)],
        cwd=ROOT,
        pass_fds=[reader],
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(reader)
    assert supervisor.stdout is not None
    try:
        assert supervisor.stdout.readline() == "All is at its place.\n"
        family = psutil.Process(supervisor.pid).children(recursive=True)

        supervisor.terminate()

        assert supervisor.wait(6) == 0
        assert alive(family) == []
        assert len(family) == 1
    finally:
        supervisor.kill()
        supervisor.wait()
        supervisor.stdout.close()
