"""A studio as a user starts it: real processes on a data folder of their own."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).parent.parent.parent
PASSWORD = re.compile(r"sign in as manager with the password (\S+) \(shown only this once\)\.")


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


def kill_at_once(*supervisors: int) -> None:
    """Kill these supervisors with all their processes by SIGKILL, as a machine dies.

    All are halted first, so that none sees another one die: a part would stop in order then.
    """
    processes = [psutil.Process(pid) for pid in supervisors]
    for process in processes:
        process.suspend()
    children = [child for each in processes for child in each.children(recursive=True)]
    for action in ("suspend", "kill"):
        for process in (*processes, *children):
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(process, action)()


@dataclass
class RunningStudio:
    """One `manage.py studio`, its output and its processes."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    code: Path = ROOT

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
                cwd=self.code,
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


StartStudio = Callable[..., RunningStudio]
