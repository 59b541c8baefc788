"""The supervisor: starts the parts, prints the address, restarts what dies, stops everything.

honcho and circus were looked at: honcho does not restart a process, circus needs pyzmq and tornado,
and neither ends its children when it is killed with SIGKILL. supervisord and systemd are programs
of the machine that `make run` would have to install.
"""

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

GRACE_SECONDS = 4.0  # from SIGTERM to SIGKILL, so that all processes end within five seconds
MIN_PAUSE = 0.2
MAX_PAUSE = 10.0
STABLE_SECONDS = 30.0  # a part that ran this long is restarted after the short pause
REPORT_SECONDS = 20.0  # until parts that do not answer are reported


@dataclass
class Part:
    """One child process: its name, the module that it runs and its state."""

    name: str
    module: str
    arguments: list[str]
    quiet: bool = False  # discard its stdout; its log on stderr is still shown
    drains: bool = False  # goes on for `drain_seconds` after SIGTERM
    pid: int = 0
    started: float = 0.0
    pause: float = MIN_PAUSE
    start_at: float = field(default=0.0)  # monotonic time of the next start


@dataclass
class Studio:
    """The configuration: the parts, how to check that they answer, and the messages."""

    parts: list[Part]
    folder: str
    host: str  # the address to connect to the web server
    port: int  # 0 without the web server
    host_header: str  # a host name that the web server accepts
    practice_port: int  # 0 without the stand-in provider
    welcome: str
    farewell: str = "Voice Studio has stopped."
    drain_seconds: int = 0
    draining_file: str = ""  # exists while the web server drains

    @classmethod
    def from_json(cls, text: str) -> "Studio":
        """Return the configuration that `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "parts": [Part(**part) for part in values["parts"]]})

    def to_json(self) -> str:
        """Return the configuration as JSON."""
        return json.dumps({**vars(self), "parts": [vars(part) for part in self.parts]})


def print_line(text: str) -> None:
    """Print one line; a closed stdout must not stop the supervisor."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115


def get_health_status(host: str, port: int, host_header: str) -> int:
    """Return the HTTP status of /healthz, 0 without an answer. http.client takes more memory."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.settimeout(2)
            connection.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\n"
                b"Connection: close\r\n\r\n" % host_header.encode()
            )
            status_line = connection.recv(64).split()
            return int(status_line[1]) if status_line[1:] and status_line[1].isdigit() else 0
    except OSError:
        return 0


def is_listening(port: int) -> bool:
    """Whether a server accepts connections on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Supervisor:
    """Keeps a studio running until a signal stops it."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.stopping = False
        self.stopped_by = 0
        self.interrupts = 0
        self.announced = False
        self.reported = False
        # Only this process holds the write end, so the children see the pipe close when it dies.
        self.lifeline, self._write_end = os.pipe()
        self._wake_reader, self._wake_writer = os.pipe()
        for end in (self._wake_reader, self._wake_writer):
            os.set_blocking(end, False)

    def run(self) -> int:
        """Run until a signal arrives; return the exit status."""
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._handle_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        started = time.monotonic()
        while not self.stopping:
            self._start_due_parts()
            self._announce(started)
            self._sleep(self._next_timeout())
            self._reap()
        self._stop_all()
        print_line(self.studio.farewell)
        return 0

    def _handle_stop(self, number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        self.stopped_by = number
        self.interrupts += 1

    def _sleep(self, seconds: float) -> None:
        """Wait for a signal, the exit of a child or the timeout."""
        select.select([self._wake_reader], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_reader, 4096)

    def _next_timeout(self) -> float:
        if not self.announced:
            return 0.03
        pauses = [part.start_at - time.monotonic() for part in self.studio.parts if not part.pid]
        return min([60.0, *pauses])

    def _start_due_parts(self) -> None:
        for part in self.studio.parts:
            if not part.pid and part.start_at <= time.monotonic():
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
        # In its own session: Ctrl-C in the terminal reaches only the supervisor, and the part can
        # be killed together with its own children.
        process = subprocess.Popen(
            command,
            cwd=self.studio.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if part.quiet else None,
            pass_fds=[self.lifeline],
            start_new_session=True,
        )
        process.returncode = 0  # stops Popen from waiting; _reap() waits by process ID
        part.pid, part.started = process.pid, time.monotonic()

    def _reap(self) -> None:
        """Wait for every child that exited, including adopted orphans."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for part in self.studio.parts:
                if part.pid == pid:
                    self._handle_exit(part, os.waitstatus_to_exitcode(status))

    def _handle_exit(self, part: Part, code: int) -> None:
        _signal_group(part.pid, signal.SIGKILL)  # its children could still hold the port
        part.pid = 0
        if self.stopping:
            return
        if time.monotonic() - part.started > STABLE_SECONDS:
            part.pause = MIN_PAUSE
        event = f"was killed by signal {-code}" if code < 0 else f"exited with status {code}"
        print_line(f"The {part.name} {event}; it is started again in {part.pause:.1f} s.")
        part.start_at = time.monotonic() + part.pause
        part.pause = min(part.pause * 2, MAX_PAUSE)

    def _announce(self, started: float) -> None:
        """Print the address once all parts answer; report those that do not after a while."""
        if self.announced:
            return
        studio = self.studio
        missing = []
        if studio.port and self._health() in {0, 500, 502, 503}:
            missing.append("the web server or the worker")
        if studio.practice_port and not is_listening(studio.practice_port):
            missing.append("the stand-in provider")
        if not missing:
            print_line(studio.welcome)
            self.announced = True
        elif not self.reported and time.monotonic() - started > REPORT_SECONDS:
            print_line(f"Still waiting for {' and '.join(missing)}. {studio.welcome}")
            self.reported = True

    def _health(self) -> int:
        return get_health_status(self.studio.host, self.studio.port, self.studio.host_header)

    def _drain(self) -> None:
        """Let the web server finish while a load balancer sends its requests elsewhere."""
        if not self.studio.drain_seconds or self.stopped_by == signal.SIGINT:
            return
        Path(self.studio.draining_file).touch()
        deadline, interrupts = time.monotonic() + self.studio.drain_seconds, self.interrupts
        while (left := deadline - time.monotonic()) > 0 and self.interrupts == interrupts:
            if not any(part.pid for part in self.studio.parts if part.drains):
                return
            self._sleep(left)
            self._reap()

    def _stop_all(self) -> None:
        """Send SIGTERM, then SIGKILL after the grace period or at the second Ctrl-C."""
        for part in self.studio.parts:
            if part.pid and not part.drains:
                _signal(part.pid, signal.SIGTERM)
        self._drain()
        parts = [part for part in self.studio.parts if part.pid]
        for part in parts:
            _signal(part.pid, signal.SIGTERM)
        deadline, interrupts = time.monotonic() + GRACE_SECONDS, self.interrupts
        while any(part.pid for part in parts):
            remaining = deadline - time.monotonic()
            if remaining <= 0 or self.interrupts > interrupts:
                break
            self._sleep(remaining)
            self._reap()
        for part in parts:
            if part.pid:
                _signal_group(part.pid, signal.SIGKILL)
        for part in parts:
            if part.pid:
                os.waitpid(part.pid, 0)
        if self.studio.draining_file:
            Path(self.studio.draining_file).unlink(missing_ok=True)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def main(pipe: int) -> int:
    """Read the configuration from a pipe, which other users cannot see, and run the studio."""
    with os.fdopen(pipe) as source:
        studio = Studio.from_json(source.read())
    os.chdir(Path(studio.folder))
    return Supervisor(studio).run()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
