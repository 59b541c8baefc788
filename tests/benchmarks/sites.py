"""The real studio and the bare site, each started in a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import requests

from tests.benchmarks.databases import ROOT, studio_environment

START_WITHIN: Final = 60
STOP_WITHIN: Final = 10


@dataclass
class Site:
    """A running site, and the cookies of a signed-in user."""

    process: subprocess.Popen[str]
    started_in: float  # seconds
    first_line: str
    url: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    practice_url: str = ""

    def get(self, path: str) -> requests.Response:
        """A page, as a signed-in user."""
        response = requests.get(f"{self.url}{path}", cookies=self.cookies, timeout=START_WITHIN)
        response.raise_for_status()
        return response

    def processes(self) -> list[psutil.Process]:
        """The process that was started, and its descendants."""
        top = psutil.Process(self.process.pid)
        processes = [top, *top.children(recursive=True)]
        return [each for each in processes if each.status() != psutil.STATUS_ZOMBIE]

    def pss_megabytes(self) -> dict[str, float]:
        """Proportional memory by kind of process; see `name_of` for the kinds."""
        memory: dict[str, float] = {}
        for process in self.processes():
            name = name_of(process)
            memory[name] = memory.get(name, 0) + pss_megabytes(process)
        return memory

    def processes_named(self, name: str) -> list[psutil.Process]:
        """The processes of one kind."""
        return [process for process in self.processes() if name_of(process) == name]


def pss_megabytes(process: psutil.Process) -> float:
    """The memory of a process, each shared page counted by its share (Linux; elsewhere unique)."""
    memory = process.memory_full_info()
    return float(getattr(memory, "pss", memory.uss) / 1024**2)


def name_of(process: psutil.Process) -> str:
    """The part of the studio that a process is."""
    line = " ".join(process.cmdline())
    for text, name in (
        ("run_web", "web server"), ("run_worker", "worker"), ("voicestudio.practice", "stand-in"),
        ("processes.supervisor", "supervisor"), ("voicestudio.audio", "audio"),
    ):  # fmt: skip
        if text in line:
            return name
    return "other"


def free_port(count: int = 1) -> int:
    """The first of `count` consecutive ports that are not in use now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + count < 65_536 and all(_is_free(first + offset) for offset in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def studio(folder: Path, **settings: str) -> Iterator[Site]:
    """The whole studio on a free port, in practice mode, with `manager` signed in."""
    port = free_port(2)
    environment = studio_environment(
        folder, PORT=str(port), PRACTICE_PORT=str(port + 1), **settings
    )
    with _start([sys.executable, "manage.py", "studio"], environment, "Voice Studio") as site:
        site.url, site.practice_url = (f"http://127.0.0.1:{each}" for each in (port, port + 1))
        password = folder / "password"
        if shown := re.search(r"with the password (\S+)", site.first_line):
            password.write_text(shown.group(1))
        _sign_in(site, password.read_text())
        yield site


@contextmanager
def bare_site(folder: Path, provider: str = "") -> Iterator[Site]:
    """The bare site on the same web server; `provider` is the address it sends recordings to."""
    port = free_port()
    environment = studio_environment(folder) | {
        "BARE_FOLDER": str(folder),
        "BARE_DATABASE": f"sqlite:///{folder / 'bare.sqlite3'}",
        "BARE_PROVIDER": provider,
    }
    del environment["DJANGO_SETTINGS_MODULE"]
    command = [sys.executable, "-m", "tests.benchmarks.bare_server", str(port)]
    with _start(command, environment, "ready") as site:
        site.url = f"http://127.0.0.1:{port}"
        yield site


@contextmanager
def web_server(environment: dict[str, str]) -> Iterator[str]:
    """The studio's web server alone, in this environment: its address."""
    port = free_port()
    command = [sys.executable, "manage.py", "run_web"]
    with _serve(command, environment | {"PORT": str(port)}, port) as url:
        yield url


@contextmanager
def bare_server(environment: dict[str, str]) -> Iterator[str]:
    """The bare site's web server alone, in this environment: its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare_server", str(port)]
    with _serve(command, environment, port) as url:
        yield url


@contextmanager
def _serve(command: list[str], environment: dict[str, str], port: int) -> Iterator[str]:
    """Start a server, wait until it answers, and stop it after the block."""
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        end = time.monotonic() + START_WITHIN
        while True:
            try:
                requests.get(url, timeout=START_WITHIN, allow_redirects=False)
                break
            except requests.ConnectionError:
                if time.monotonic() > end or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _start(command: list[str], environment: dict[str, str], ready: str) -> Iterator[Site]:
    """Start a program, wait for a line that contains `ready`, and stop it after the block."""
    start = time.perf_counter()
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed below
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=log,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = ""
        for line in process.stdout:
            if ready in line:
                break
            print(line.rstrip(), file=sys.stderr)
        if ready not in line:
            log.seek(0)
            print(log.read(), file=sys.stderr)
            raise RuntimeError(f"{' '.join(command)} ended with {process.wait()}")
        yield Site(process, time.perf_counter() - start, line)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        log.close()


def _sign_in(site: Site, password: str) -> None:
    with requests.Session() as session:
        page = session.get(f"{site.url}/sign-in/", timeout=START_WITHIN)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        answer = session.post(
            f"{site.url}/sign-in/",
            data={
                "csrfmiddlewaretoken": token.group(1), "username": "manager", "password": password
            },
            allow_redirects=False,
            timeout=START_WITHIN,
        )  # fmt: skip
        if answer.status_code != 302:
            raise RuntimeError(f"signing in answered {answer.status_code}")
        site.cookies = dict(session.cookies)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="voicestudio-bench-") as name:
        yield Path(name)
