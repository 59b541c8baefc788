"""Starting: programs that tests begin many times, each in a fork of one process that knows Django.

    python -m tests.starting LIBRARY ...

It reads one request a line and answers each with a line, both JSON:

    ["run", ARGUMENTS, ENVIRONMENT, CODE]  a program from its beginning to its end; without code,
                                           `manage.py`: [STATUS, OUT, ERR]
    ["begin", ARGUMENTS, ENVIRONMENT]      `manage.py`, unheard: its process number
    ["look", PROCESS]                      its status, null while it runs

A fork goes on as a new process does: it has the libraries, which do not look at the environment,
and nothing of ours.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST_S = 60  # of a program whose end is waited for; then SIGALRM ends it
# What the settings, the smallest command and the worker read: most of the cost of a start.
LIBRARIES = (
    "anyascii", "asyncio", "dj_database_url", "django.contrib.messages.storage.base",
    "django.core.mail", "django.core.management.commands.diffsettings",
    "django.db.backends.postgresql.base", "django.db.backends.sqlite3.base", "django.db.models",
    "django.forms", "django.http", "django.template.defaulttags", "django.template.loader_tags",
    "django.utils.log", "django.views.debug", "dotenv", "environs", "huey.api", "huey.consumer",
    "requests",
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    status: int
    out: str
    err: str


class Begun:
    """A program under way."""

    def __init__(self, starter: Starter, pid: int) -> None:
        self.starter = starter
        self.pid = pid
        self.status: int | None = None

    def has_ended(self) -> bool:
        """Has it, by itself or by a signal?"""
        if self.status is None:
            self.status = self.starter.ask("look", self.pid)
        return self.status is not None

    def send_signal(self, number: signal.Signals) -> None:
        """Its number is not anybody else's before we have seen its end."""
        if self.status is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it if it runs, and wait until it is gone."""
        self.send_signal(signal.SIGKILL)
        while not self.has_ended():
            time.sleep(0.005)


class Starter:
    """The process that forks, and the pipes to it."""

    def __init__(self, libraries: Iterable[str] = LIBRARIES) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.starting", *libraries],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *request: object) -> Any:
        """The answer to a request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def run(self, arguments: list[str], environment: dict[str, str], code: str = "") -> Ended:
        """Run `manage.py`, or the code as `python -c` does, and wait for its end."""
        return Ended(*self.ask("run", arguments, environment, code))

    def begin(self, arguments: list[str], environment: dict[str, str]) -> Begun:
        """Begin `manage.py`, whose words nobody hears."""
        return Begun(self, self.ask("begin", arguments, environment))

    def end(self) -> None:
        """Let it go."""
        self.process.communicate(timeout=10)
        assert self.process.returncode == 0


# Inside that process ------------------------------------------------------------------------------


def become(arguments: list[str], environment: dict[str, str], code: str = "") -> None:
    """Become the program; whatever ends it ends this process."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c" if code else "manage.py", *arguments]
    if code:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    else:
        runpy.run_path("manage.py", run_name="__main__")


def serve() -> None:
    """Answer requests; a fork leaves this loop by becoming its program."""
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a fork that looks through all of it as it ends would copy it
    for line in sys.stdin:
        answer: Any
        match json.loads(line):
            case ["look", pid]:
                gone, status = os.waitpid(pid, os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if gone else None
            case [wish, *program]:
                with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
                    answer = os.fork()
                    if answer == 0:
                        os.dup2(out.fileno(), 1)
                        os.dup2(err.fileno(), 2)
                        if wish == "run":
                            signal.alarm(LONGEST_S)
                        become(*program)
                        return
                    if wish == "run":
                        status = os.waitstatus_to_exitcode(os.waitpid(answer, 0)[1])
                        said = [os.pread(one.fileno(), 1 << 20, 0).decode() for one in (out, err)]
                        answer = [status, *said]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
