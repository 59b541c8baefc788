"""The practice provider as a process: start, stop, port in use, memory."""

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

MEGABYTE = 1024 * 1024
DIRECT = [sys.executable, "-W", "error", "-m", "voicestudio.practice"]
MANAGED = [sys.executable, "manage.py", "practice"]
ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A running practice provider."""

    def __init__(self, command: list[str], port: int, folder: Path) -> None:
        environment = {**os.environ, "VOICESTUDIO_DATA_DIR": str(folder / "data")}
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [*command, "--port", str(port), "--folder", str(folder / "practice")],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        return self.process.stdout.readline() if ready else ""

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=10)
        return self.process.returncode, stderr


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The stand-in without Django, ready to serve."""
    program = Program(DIRECT, free_port(), tmp_path)
    program.first_line()
    yield program
    program.end()


@pytest.mark.parametrize("command", [DIRECT, MANAGED])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_program_serves_and_stops(tmp_path: Path, command: list[str], number: int) -> None:
    program = Program(command, free_port(), tmp_path)

    line = program.first_line()
    answer = requests.get(program.url + "/practice/", timeout=10)
    result = program.end(number)

    assert line == f"Practice provider at {program.url}: no real voice is cloned.\n"
    assert (answer.status_code, result) == (200, (0, ""))


# A signal that another thread receives does not interrupt select() in the main thread.
SIGNAL_OTHER_THREAD = """
import signal, sys, threading
from voicestudio.practice.program import main

def send_signal():
    sys.stdin.read()
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

threading.Thread(target=send_signal, daemon=True).start()
main(sys.argv[1:])
"""


def test_signal_to_another_thread_stops_the_program(tmp_path: Path) -> None:
    program = Program([sys.executable, "-c", SIGNAL_OTHER_THREAD], free_port(), tmp_path)
    program.first_line()
    answer = requests.get(program.url + "/practice/", timeout=10)

    try:
        # Closes stdin, on which the thread waits.
        program.process.communicate(timeout=10)
    finally:
        result = program.end()

    assert (answer.status_code, result) == (200, (0, ""))


@pytest.mark.parametrize("command", [DIRECT, MANAGED])
def test_port_in_use_is_reported_in_one_sentence(
    program: Program, tmp_path: Path, command: list[str]
) -> None:
    port = int(program.url.rpartition(":")[2])

    second = Program(command, port, tmp_path)
    second.process.wait(timeout=30)

    assert second.end() == (1, f"Port {port} is in use: choose another one with --port.\n")


def test_idle_program_needs_little_memory(program: Program) -> None:
    loaded = psutil.Process(program.process.pid).memory_info().rss

    assert loaded < 50 * MEGABYTE


def test_memory_does_not_grow_with_an_upload(program: Program) -> None:
    process = psutil.Process(program.process.pid)
    head = (
        b'--edge\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvoice_clone\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    tail = b"\r\n--edge--\r\n"
    size = 200 * MEGABYTE
    before = process.memory_info().rss

    connection = http.client.HTTPConnection(program.url.removeprefix("http://"), timeout=60)
    connection.putrequest("POST", "/v1/files/upload")
    connection.putheader("Authorization", "Bearer practice")
    connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
    connection.putheader("Content-Length", str(len(head) + size + len(tail)))
    connection.endheaders(head)
    block = bytes(MEGABYTE)
    highest = before
    for _ in range(size // MEGABYTE):
        connection.send(block)
        highest = max(highest, process.memory_info().rss)
    connection.send(tail)
    answer = connection.getresponse().read()
    connection.close()

    assert b'"status_code": 2013' in answer
    assert highest - before < 16 * MEGABYTE
