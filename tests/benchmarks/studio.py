"""Studio: the real one, `manage.py studio` in a folder of its own, and the bare site beside it."""

from __future__ import annotations

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

from tests.benchmarks.databases import HOUSE, environment

START_WITHIN: Final = 60
STOP_WITHIN: Final = 10


@dataclass
class Site:
    """A site that is up: where, its process, and the cookies of somebody who is signed in."""

    url: str
    process: subprocess.Popen[str]
    started_in: float
    cookies: dict[str, str] = field(default_factory=dict)
    practice_url: str = ""

    def get(self, path: str) -> requests.Response:
        """A page, as somebody who is signed in."""
        answer = requests.get(f"{self.url}{path}", cookies=self.cookies, timeout=START_WITHIN)
        answer.raise_for_status()
        return answer

    def processes(self) -> list[psutil.Process]:
        """The supervisor and all that it has started."""
        top = psutil.Process(self.process.pid)
        found = [top, *top.children(recursive=True)]
        return [one for one in found if one.status() != psutil.STATUS_ZOMBIE]

    def pss_megabytes(self) -> dict[str, float]:
        """Memory of each process, shared pages counted by their share; by what the process is."""
        found: dict[str, float] = {}
        for one in self.processes():
            name = kind(one.cmdline())
            memory = one.memory_full_info()
            found[name] = found.get(name, 0) + getattr(memory, "pss", memory.uss) / 1024**2
        return found

    def named(self, name: str) -> list[psutil.Process]:
        """The processes of one kind."""
        return [one for one in self.processes() if kind(one.cmdline()) == name]


def kind(command: list[str]) -> str:
    """What a process is, by its command line."""
    line = " ".join(command)
    for sign, name in (
        ("run_web", "web server"), ("run_worker", "worker"), ("voicestudio.practice", "stand-in"),
        ("processes.supervisor", "supervisor"), ("voicestudio.audio", "audio"),
    ):  # fmt: skip
        if sign in line:
            return name
    return "other"


def free_port(count: int = 1) -> int:
    """The first of `count` ports in a row of which none is in use now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + count < 65_536 and all(_is_free(first + more) for more in range(count)):
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
    """The whole studio on a free port, in practice mode, `manager` signed in; ended afterwards."""
    port = free_port(2)
    surroundings = environment(folder, PORT=str(port), PRACTICE_PORT=str(port + 1), **settings)
    with _started([sys.executable, "manage.py", "studio"], surroundings, "Voice Studio") as site:
        site.url, site.practice_url = (f"http://127.0.0.1:{one}" for one in (port, port + 1))
        password = folder / "password"
        if told := re.search(r"with the password (\S+)", site.welcome):
            password.write_text(told.group(1))
        _sign_in(site, password.read_text())
        yield site


@contextmanager
def bare(folder: Path, database: str, provider: str = "") -> Iterator[Site]:
    """The bare site on the same web server, set up as ours is; `provider` is whom it asks."""
    port = free_port()
    surroundings = environment(folder) | {"BARE_FOLDER": str(folder), "BARE_DATABASE": database}
    surroundings["BARE_PROVIDER"] = provider
    del surroundings["DJANGO_SETTINGS_MODULE"]
    command = [sys.executable, "-m", "tests.benchmarks.bare_server", str(port)]
    with _started(command, surroundings, "ready") as site:
        site.url = f"http://127.0.0.1:{port}"
        yield site


@contextmanager
def _started(
    command: list[str], environment: dict[str, str], welcome: str
) -> Iterator[StartedSite]:
    start = time.perf_counter()
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed below
    process = subprocess.Popen(
        command, cwd=HOUSE, env=environment, text=True, stdout=subprocess.PIPE, stderr=log,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = ""
        for line in process.stdout:
            if welcome in line:
                break
            print(line.rstrip(), file=sys.stderr)
        if welcome not in line:
            log.seek(0)
            print(log.read(), file=sys.stderr)
            raise RuntimeError(f"{' '.join(command)} ended with {process.wait()}")
        yield StartedSite("", process, time.perf_counter() - start, welcome=line)
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


@dataclass
class StartedSite(Site):
    """A site with what it said when it was up."""

    welcome: str = ""


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
def folder() -> Iterator[Path]:
    """A temporary folder, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="voicestudio-bench-") as name:
        yield Path(name)
