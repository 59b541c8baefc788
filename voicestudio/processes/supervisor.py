"""The supervisor: starts the parts, says when all answer, restarts what dies, ends everything."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 4.0  # from TERM to KILL, so that all is over within five seconds
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0  # who lives that long has started well: the next pause is short again
PATIENCE_SECONDS = 20.0  # until it is said what does not answer


@dataclass
class Part:
    """One child: what it is called, the module that it runs, and how it is doing."""

    name: str
    module: str
    arguments: list[str]
    quiet: bool = False  # what it prints is not for whoever started the studio; its log still is
    pid: int = 0
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = field(default=0.0)  # when to start it (again)


@dataclass
class Studio:
    """What the supervisor is told: the parts, how to ask whether they answer, what to say then."""

    parts: list[Part]
    folder: str
    host: str  # where the web server listens, as one connects to it
    port: int
    host_header: str  # a host name that the web server accepts
    practice_port: int  # 0 without a stand-in
    welcome: str
    farewell: str = "Voice Studio has stopped."

    @classmethod
    def from_json(cls, text: str) -> "Studio":
        """The studio that `to_json` wrote."""
        facts = json.loads(text)
        return cls(**{**facts, "parts": [Part(**part) for part in facts["parts"]]})

    def to_json(self) -> str:
        """One text with everything in it."""
        return json.dumps({**vars(self), "parts": [vars(part) for part in self.parts]})


def say(sentence: str) -> None:
    """One line for whoever started the studio; nobody listening is no reason to fall over."""
    try:
        print(sentence, flush=True)  # noqa: T201
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115


def ask(host: str, port: int, host_header: str) -> int:
    """The status of GET /healthz, 0 when nobody answers (without http.client, which is big)."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.settimeout(2)
            connection.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\n"
                b"Connection: close\r\n\r\n" % host_header.encode()
            )
            words = connection.recv(64).split()
            return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    except OSError:
        return 0


def listens(port: int) -> bool:
    """Does anybody take connections on this port of loopback?"""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Supervisor:
    """Keeps a studio running until it is told to stop."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.stopping = False
        self.interrupts = 0
        self.welcomed = False
        self.complained = False
        # Only we hold the writing end: when we are gone, however, the children read the end.
        self.lifeline, self._writing_end = os.pipe()
        self._wake_reader, self._wake_writer = os.pipe()
        for end in (self._wake_reader, self._wake_writer):
            os.set_blocking(end, False)

    def run(self) -> int:
        """Start, watch, stop; returns the exit status."""
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        begin = time.monotonic()
        while not self.stopping:
            self._start_what_is_due()
            self._greet(begin)
            self._sleep(self._next_look())
            self._reap()
        self._end()
        say(self.studio.farewell)
        return 0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        self.interrupts += 1

    def _sleep(self, seconds: float) -> None:
        """Until a signal comes, a child ends, or the time is over."""
        select.select([self._wake_reader], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_reader, 4096)

    def _next_look(self) -> float:
        if not self.welcomed:
            return 0.03
        waiting = [part.due - time.monotonic() for part in self.studio.parts if not part.pid]
        return min([60.0, *waiting])

    def _start_what_is_due(self) -> None:
        for part in self.studio.parts:
            if not part.pid and part.due <= time.monotonic():
                self._start(part)

    def _start(self, part: Part) -> None:
        command = [
            sys.executable,
            "-m",
            "voicestudio.processes.child",
            str(os.getpid()),
            str(self.lifeline),
            part.module,
            *part.arguments,
        ]
        # A session of its own: Ctrl-C in the terminal reaches us alone, and what the part itself
        # starts can be ended with it.
        process = subprocess.Popen(
            command,
            cwd=self.studio.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if part.quiet else None,
            pass_fds=[self.lifeline],
            start_new_session=True,
        )
        process.returncode = 0  # we wait for it ourselves, by its number
        part.pid, part.started = process.pid, time.monotonic()

    def _reap(self) -> None:
        """Take note of every child that ended, and of orphans that were handed to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for part in self.studio.parts:
                if part.pid == pid:
                    self._died(part, os.waitstatus_to_exitcode(status))

    def _died(self, part: Part, code: int) -> None:
        _signal_group(part.pid, signal.SIGKILL)  # nothing of it may hold on to the port
        part.pid = 0
        if self.stopping:
            return
        if time.monotonic() - part.started > STEADY_SECONDS:
            part.pause = FIRST_PAUSE
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        say(f"The {part.name} {how}; it is started again in {part.pause:.1f} s.")
        part.due = time.monotonic() + part.pause
        part.pause = min(part.pause * 2, LONGEST_PAUSE)

    def _greet(self, begin: float) -> None:
        """Say the address once everything answers; say what does not if that takes long."""
        if self.welcomed:
            return
        studio = self.studio
        silent = []
        if ask(studio.host, studio.port, studio.host_header) in {0, 500, 502, 503}:
            silent.append("the web server or the worker")
        if studio.practice_port and not listens(studio.practice_port):
            silent.append("the stand-in provider")
        if not silent:
            say(studio.welcome)
            self.welcomed = True
        elif not self.complained and time.monotonic() - begin > PATIENCE_SECONDS:
            say(f"Still waiting for {' and '.join(silent)}. {studio.welcome}")
            self.complained = True

    def _end(self) -> None:
        """TERM to all, KILL to whoever is still there after the grace (or at the second Ctrl-C)."""
        parts = [part for part in self.studio.parts if part.pid]
        for part in parts:
            _signal(part.pid, signal.SIGTERM)
        end, asked = time.monotonic() + GRACE_SECONDS, self.interrupts
        while any(part.pid for part in parts):
            left = end - time.monotonic()
            if left <= 0 or self.interrupts > asked:
                break
            self._sleep(left)
            self._reap()
        for part in parts:
            if part.pid:
                _signal_group(part.pid, signal.SIGKILL)
        for part in parts:
            if part.pid:
                os.waitpid(part.pid, 0)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def main(pipe: int) -> int:
    """Read the studio from a pipe, which no other process can look into, and keep it running."""
    with os.fdopen(pipe) as source:
        studio = Studio.from_json(source.read())
    os.chdir(Path(studio.folder))
    return Supervisor(studio).run()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
