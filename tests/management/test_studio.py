"""`manage.py studio` as a user starts it: real processes on a data folder of their own."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests

from voicestudio.processes.supervisor import Part, Studio

ROOT = Path(__file__).parent.parent.parent
PASSWORD = re.compile(r"sign in as manager with the password (\S+) \(shown only this once\)\.")
PART_NAMES = {
    "run_web": "web server",
    "run_worker": "worker",
    "voicestudio.practice": "stand-in provider",
}


def free_port() -> int:
    """A port of loopback that is not in use now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether the condition comes true within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those processes that have not ended."""
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


@dataclass
class RunningStudio:
    """One `manage.py studio`, its output and its processes."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.port, self.practice_port = free_port(), free_port()
        self.log = self.folder.with_name(f"{self.folder.name}-{self.port}.log")
        environment = {
            "PATH": os.environ["PATH"],
            "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "PRACTICE_PORT": str(self.practice_port),
            **self.variables,
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "studio", *self.options],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> "RunningStudio":
        """Wait until it prints its address."""
        wait_until(lambda: " is at " in self.output or self.process.poll() is not None)
        assert " is at " in self.output, self.output
        return self

    def children(self) -> list[psutil.Process]:
        """All processes below the supervisor."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def find_part(self, command: str) -> psutil.Process:
        """Wait for the child whose command line contains this text."""
        found: list[psutil.Process] = []

        def look() -> bool:
            for child in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    if command in " ".join(child.cmdline()):
                        found.append(child)
            return bool(found)

        assert wait_until(look), self.output
        return found[0]

    def health(self) -> int:
        """The status of /healthz; 0 if nothing listens."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).status_code
        except requests.ConnectionError:
            return 0

    def practice_answers(self) -> bool:
        """Whether the stand-in accepts connections."""
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.practice_port), timeout=1).close()
            return True
        return False

    def stop(self) -> None:
        """End all its processes, whatever state the test left them in."""
        processes: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = self.children()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        for process in still_running(processes):
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


@pytest.fixture(scope="module")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with tables and static files, which take seconds to create."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
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
    return folder


StartStudio = Callable[..., RunningStudio]


@pytest.fixture
def start_studio(tmp_path: Path, prepared_folder: Path) -> Iterator[StartStudio]:
    """Starts studios, all on one copy of the prepared folder, and stops them after the test."""
    started: list[RunningStudio] = []
    folder = tmp_path / "data"
    shutil.copytree(prepared_folder, folder)

    def start(*options: str, **variables: str) -> RunningStudio:
        started.append(RunningStudio(folder, variables, options))
        return started[-1]

    yield start
    for studio in started:
        studio.stop()


@pytest.fixture
def studio(start_studio: StartStudio) -> RunningStudio:
    """A studio in practice mode that is ready."""
    return start_studio().wait_until_ready()


def sign_in(studio: RunningStudio, password: str, browser: requests.Session) -> int:
    """The status of `/` after signing in as manager."""
    form = browser.get(f"{studio.url}/sign-in/", timeout=10)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token is not None, form.text
    browser.post(
        f"{studio.url}/sign-in/",
        {"username": "manager", "password": password, "csrfmiddlewaretoken": token[1]},
        timeout=10,
    )
    return browser.get(f"{studio.url}/", timeout=10, allow_redirects=False).status_code


def test_first_start_creates_manager_and_second_start_keeps_it(start_studio: StartStudio) -> None:
    first = start_studio().wait_until_ready()
    (line,) = [line for line in first.output.splitlines() if " is at " in line]
    found = PASSWORD.search(line)
    assert found is not None, line
    assert line.startswith(f"Voice Studio (practice mode) is at {first.url}/ – ")
    assert sign_in(first, found[1], requests.Session()) == 200
    first.stop()

    second = start_studio().wait_until_ready()

    assert PASSWORD.search(second.output) is None
    assert "sign in as before" in second.output
    assert sign_in(second, found[1], requests.Session()) == 200


ADDRESS = b"Host: localhost\r\nConnection: close\r\n"
FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=B"
MB = 1024**2
CLOSED = 0


def field_part(name: int) -> bytes:
    """A part of a multipart body."""
    return b'--B\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % name


def exchange(port: int, *blocks: bytes) -> int:
    """Send these bytes; the status of the answer, or CLOSED if the server hung up before."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with contextlib.suppress(ConnectionError):
            for block in blocks:
                connection.sendall(block)
        with contextlib.suppress(ConnectionError):
            return int(connection.recv(64).split()[1])
    return CLOSED


def test_oversized_requests_are_refused(studio: RunningStudio) -> None:
    found = PASSWORD.search(studio.output)
    assert found is not None
    with requests.Session() as browser:
        sign_in(studio, found[1], browser)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    signed_in = ADDRESS + b"Cookie: %s\r\n" % cookies.encode()

    def post(path: bytes, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        head = b"POST %s HTTP/1.1\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        return head % (path, signed_in, kind, len(body)), body

    many_parts = b"".join(map(field_part, range(20_000))) + b"--B--\r\n"
    long_part = b"--B\r\nContent-Disposition: form-data; x=" + b"y" * 10 * MB + b"\r\n\r\n--B--\r\n"
    get, chunked = b"GET /sign-in/ HTTP/1.1\r\n" + ADDRESS, b"Transfer-Encoding: chunked\r\n\r\n"
    cases = {
        "fields": (400, post(b"/", FORM, b"&".join(b"f%d=x" % n for n in range(20_000)))),
        "parts": (400, post(b"/recordings/", MULTIPART, many_parts)),
        "header of a part": (400, post(b"/recordings/", MULTIPART, long_part)),
        "headers": (431, (get, b"".join(b"X-%d: 1\r\n" % n for n in range(10_000)), b"\r\n")),
        "header": (431, (get, b"X: " + b"x" * MB + b"\r\n\r\n")),
        "address": (431, (b"GET /" + b"x" * MB + b" HTTP/1.1\r\n" + ADDRESS + b"\r\n",)),
        "no length": (403, (b"POST /voices/1/notes/ HTTP/1.1\r\n" + signed_in + chunked,
                            *[b"100000\r\n" + b"x" * MB + b"\r\n"] * 20, b"0\r\n\r\n")),
        "length": (413, post(b"/voices/1/notes/", FORM, b"x" * 20 * MB)),
    }  # fmt: skip
    server = studio.find_part("run_web")
    memory = server.memory_info().rss

    statuses = {name: exchange(studio.port, *blocks) for name, (_status, blocks) in cases.items()}

    expected = {name: status for name, (status, _blocks) in cases.items()}
    assert {
        name: each for name, each in statuses.items() if each not in (expected[name], CLOSED)
    } == {}
    assert studio.health() == 200
    assert server.memory_info().rss - memory < 100 * MB
    assert list((studio.folder / "incoming").iterdir()) == []


def test_part_that_dies_is_restarted_and_reported(studio: RunningStudio) -> None:
    for command, name in PART_NAMES.items():
        part = studio.find_part(command)
        group = [part, *part.children(recursive=True)]
        message = f"The {name} was killed by signal 9"
        part.kill()

        assert wait_until(lambda message=message: message in studio.output)  # type: ignore[misc]
        assert wait_until(lambda group=group: not still_running(group))  # type: ignore[misc]
        assert studio.find_part(command).pid != part.pid
    assert [line for line in studio.output.splitlines() if "was killed" in line] == [
        f"The {name} was killed by signal 9; it is started again in 0.2 s."
        for name in PART_NAMES.values()
    ]
    assert wait_until(lambda: studio.health() == 200)
    assert wait_until(lambda: studio.practice_answers())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_all_processes_within_five_seconds(
    studio: RunningStudio, number: signal.Signals
) -> None:
    processes = studio.children()

    studio.process.send_signal(number)

    assert studio.process.wait(5) == 0
    assert still_running(processes) == []
    assert studio.output.endswith("Voice Studio has stopped.\n")


@pytest.mark.parametrize("with_web_server", [False, True])
def test_killed_supervisor_leaves_no_process(studio: RunningStudio, with_web_server: bool) -> None:
    processes, web_server = studio.children(), studio.find_part("run_web")
    assert len(processes) >= 4

    studio.process.kill()
    if with_web_server:
        web_server.kill()
    studio.process.wait()

    assert wait_until(lambda: still_running(processes) == [], 5), processes


def test_port_in_use_is_reported_before_anything_starts(start_studio: StartStudio) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        studio = start_studio(PORT=str(port))

        assert studio.process.wait(30) == 1
    assert studio.output == (
        f"CommandError: Port {port} cannot be used (address already in use); "
        "choose another with PORT=.\n"
    )
    assert psutil.pid_exists(studio.process.pid) is False


def test_second_studio_on_one_data_folder_is_refused(
    start_studio: StartStudio, studio: RunningStudio
) -> None:
    second = start_studio()

    assert second.process.wait(30) == 1
    assert second.output == (
        f"CommandError: Another studio is running on the data folder {studio.folder}.\n"
    )
    assert studio.health() == 200


def test_start_with_a_key_and_no_users_prints_createsuperuser(start_studio: StartStudio) -> None:
    studio = start_studio(MINIMAX_API_KEY="never-used", MINIMAX_BASE_URL="http://127.0.0.1:9")
    studio.wait_until_ready()

    program = f"{os.path.relpath(sys.executable, ROOT)} manage.py"
    assert studio.output == (
        f"Voice Studio is at {studio.url}/ – "
        f"create the first administrator with: {program} createsuperuser\n"
    )
    assert {child.cmdline()[-1] for child in psutil.Process(studio.process.pid).children()} == {
        "run_web",
        "run_worker",
    }


def test_web_server_and_worker_run_apart(start_studio: StartStudio) -> None:
    live = {"MINIMAX_API_KEY": "never-used", "MINIMAX_BASE_URL": "http://127.0.0.1:9"}
    worker = start_studio("--worker", **live)
    assert wait_until(lambda: "The worker of Voice Studio is running." in worker.output)
    web = start_studio("--web", DRAIN_SECONDS="30", **live).wait_until_ready()

    workers = requests.get(f"{web.url}/healthz", timeout=5).json()["workers"]
    assert [found["pid"] for found in workers] == [worker.find_part("run_worker").pid]
    both = start_studio(**live)
    assert both.process.wait(30) == 1
    assert "Another studio is running on the data folder" in both.output

    # While it drains, it answers, and the load balancer knows.
    assert requests.get(f"{web.url}/readyz", timeout=5).status_code == 200
    web.process.terminate()
    assert wait_until(lambda: requests.get(f"{web.url}/readyz", timeout=5).status_code == 503)
    assert web.health() == 200
    web.process.terminate()  # the second signal does not wait
    assert web.process.wait(10) == 0


def test_part_that_ignores_term_is_killed(tmp_path: Path) -> None:
    """The supervisor alone, with a part that answers like a web server but ignores SIGTERM."""
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
        processes = psutil.Process(supervisor.pid).children(recursive=True)

        supervisor.terminate()

        assert supervisor.wait(6) == 0
        assert still_running(processes) == []
        assert len(processes) == 1
    finally:
        supervisor.kill()
        supervisor.wait()
        supervisor.stdout.close()
