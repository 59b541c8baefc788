"""Hearing: the audio children that tests begin, each in a fork of one process that knows FFmpeg.

    python -m tests.hearing NUMBER

It reads requests from the socket of that number, and answers each with a line, both JSON:

    ["begin", ARGUMENTS, ENVIRONMENT]  `python -m voicestudio.audio`; what it says goes to the file
                                       that comes with the request: its process number
    ["look", PROCESS]                  its status, null while it runs

To read the libraries takes a child longer than to hear what tests have for it. A fork goes on as a
new process does, with its own limits; that a real one does the same is proved in
`tests/audio/test_isolated.py`.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from voicestudio import audio
from voicestudio.audio import isolated

ROOT = Path(__file__).parent.parent
LIBRARIES = ("av", "av.audio.resampler", "av.subtitles.stream", "numpy", "numpy.fft", "numpy.ma")
LONGEST = 1 << 16  # bytes that are read at once


class Children:
    """The process that forks. Stands where `isolated` looks for `subprocess`."""

    DEVNULL = subprocess.DEVNULL
    PIPE = subprocess.PIPE
    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._wire, self._theirs = socket.socketpair()

    def ask(self, *request: object, said: int | None = None) -> Any:
        """The answer to a request; the first one starts the process."""
        with self._turn:
            if self._process is None:
                number = self._theirs.fileno()
                self._process = subprocess.Popen(
                    [sys.executable, "-s", "-m", "tests.hearing", str(number)],
                    cwd=ROOT,
                    env=isolated._environment(),
                    stdin=subprocess.DEVNULL,
                    pass_fds=[number],
                )
                self._theirs.close()
            line = json.dumps(request).encode() + b"\n"
            socket.send_fds(self._wire, [line], [] if said is None else [said])
            return json.loads(self._wire.recv(LONGEST))

    def Popen(  # noqa: N802
        self, command: list[str], *, env: dict[str, str], **_usual: object
    ) -> Child:
        """A child under way, as `isolated` begins it."""
        return Child(self, command, env)

    def end(self) -> None:
        """Let the process go."""
        self._wire.close()
        self._theirs.close()
        if self._process is not None:
            assert self._process.wait(timeout=10) == 0


class Child:
    """What `isolated` uses of `subprocess.Popen`."""

    def __init__(self, parent: Children, command: list[str], environment: dict[str, str]) -> None:
        assert command[1:4] == ["-s", "-m", "voicestudio.audio"]
        self._parent = parent
        out, said = os.pipe()
        self.stdout = os.fdopen(out, "rb", buffering=0)
        self.returncode: int | None = None
        try:
            self.pid: int = parent.ask("begin", command[4:], environment, said=said)
        finally:
            os.close(said)

    def poll(self) -> int | None:
        """Its status once it has ended."""
        if self.returncode is None:
            self.returncode = self._parent.ask("look", self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its status when it has ended; TimeoutExpired after so many seconds."""
        until = time.monotonic() + (60 if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("voicestudio.audio", timeout or 60)
            time.sleep(0.001)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stdout.close()
        self.wait()


# Inside that process ------------------------------------------------------------------------------


def become(arguments: list[str], environment: dict[str, str], said: int, wire: int) -> None:
    """Become the child; whatever ends it ends this process."""
    os.setsid()
    os.dup2(said, 1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 2)
    for number in (said, nothing, wire):
        os.close(number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["voicestudio.audio", *arguments]
    runpy.run_module("voicestudio.audio", run_name="__main__")


def rooms() -> Iterator[str]:
    """All modules that the children read, but the one that they run."""
    for module in pkgutil.walk_packages(audio.__path__, f"{audio.__name__}."):
        if not module.name.endswith(".__main__"):
            yield module.name


def serve(number: int) -> None:
    """Answer requests; a fork leaves this loop by becoming its child."""
    for name in (*LIBRARIES, *rooms()):
        importlib.import_module(name)
    wire = socket.socket(fileno=number)
    while True:
        line, files, *_rest = socket.recv_fds(wire, LONGEST, 1)
        while not line.endswith(b"\n"):
            part = wire.recv(LONGEST) if line else b""
            if not part:  # whoever asked is gone
                return
            line += part
        answer: Any
        match json.loads(line):
            case ["look", pid]:
                gone, status = os.waitpid(pid, os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if gone else None
            case ["begin", arguments, environment]:
                answer = os.fork()
                if answer == 0:
                    become(arguments, environment, files[0], wire.detach())
                    return
        for one in files:
            os.close(one)
        wire.send(json.dumps(answer).encode())


if __name__ == "__main__":
    serve(int(sys.argv[1]))
