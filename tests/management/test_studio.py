"""`manage.py studio` as a user starts it: real processes on a data folder of their own."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from tests.management.running_studio import (
    PASSWORD,
    ROOT,
    RunningStudio,
    StartStudio,
    free_port,
    still_running,
    wait_until,
)
from voicestudio.processes.supervisor import Part, Studio

PART_NAMES = {
    "run_web": "web server",
    "run_worker": "worker",
    "voicestudio.practice": "stand-in provider",
}


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


def test_web_server_and_worker_report_their_secret_key(studio: RunningStudio) -> None:
    query = "SELECT part FROM voicestudio_machine ORDER BY part"

    def reported() -> list[str]:
        with contextlib.closing(sqlite3.connect(studio.folder / "studio.sqlite3")) as database:
            return [part for (part,) in database.execute(query)]

    assert wait_until(lambda: reported() == ["web", "worker"], 20), reported()


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
        "fields": (400, post(b"/new/", FORM, b"&".join(b"f%d=x" % n for n in range(20_000)))),
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


NAMED = "import os, socket; name = os.environ['HOST_NAME']; socket.gethostname = lambda: name"
UNDO = "import django; django.setup(); from django.core.management import call_command; "
UNDO += "call_command('migrate', 'voicestudio', '0044', verbosity=0, skip_checks=True)"
WAITS = "The database lacks migrations: waiting for manage.py migrate."


def test_studio_migrates_only_where_no_web_server_runs_on_another_machine(
    tmp_path: Path, start_studio: StartStudio
) -> None:
    """Machines with folders and names of their own on one database, which an upgrade must change.

    The first is a web server alone, so that no worker says that anything is running.
    """
    (tmp_path / "sitecustomize.py").write_text(NAMED)
    database = tmp_path / "data" / "studio.sqlite3"
    live = {
        "MINIMAX_API_KEY": "never-used", "MINIMAX_BASE_URL": "http://127.0.0.1:9",
        "DATABASE_URL": f"sqlite:///{database}", "PYTHONPATH": str(tmp_path),
    }  # fmt: skip

    def read(query: str) -> list[str]:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            return [str(value) for (value,) in connection.execute(query)]

    def start(name: str) -> RunningStudio:
        folder = str(tmp_path / name)
        return start_studio(**live, HOST_NAME=name, VOICESTUDIO_DATA_DIR=folder)

    def machines() -> list[str]:
        return read("SELECT host FROM voicestudio_machine ORDER BY host, part")

    def has_migrated() -> bool:
        return read("SELECT 1 FROM django_migrations WHERE name LIKE '0045_%'") == ["1"]

    web = start_studio("--web", **live, HOST_NAME="web1")
    assert wait_until(lambda: machines() == ["web1"]), web.output
    program = [sys.executable, "-c", UNDO]
    environment = {**os.environ, **live, "DJANGO_SETTINGS_MODULE": "voicestudio.settings"}
    environment |= {"VOICESTUDIO_DATA_DIR": str(web.folder), "HOST_NAME": "web1"}
    subprocess.run(program, cwd=ROOT, env=environment, check=True, timeout=60)

    second = start("second")
    assert wait_until(lambda: WAITS in second.output), second.output
    assert not has_migrated()
    second.stop()
    assert machines() == ["web1"]  # what stops in order leaves nothing behind

    web.stop()
    assert machines() == []
    third = start("third")
    assert wait_until(lambda: machines() == ["third", "third"]), third.output
    assert has_migrated()

    # Killed, with rows that look alive, it is still alone when it starts again.
    subprocess.run(program, cwd=ROOT, env=environment, check=True, timeout=60)
    parts = third.children()
    third.process.kill()
    for part in parts:
        part.kill()
    third.process.wait()
    assert wait_until(lambda: still_running(parts) == [], 10)
    assert machines() == ["third", "third"]
    again = start("third")
    assert wait_until(has_migrated), again.output


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
