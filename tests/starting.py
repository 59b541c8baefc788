"""Starting: programs that tests begin many times, each in a fork of one process that knows Django.

    python -m tests.starting

Each line of standard input is a program as JSON: its arguments, its environment, and its code if
it is not `manage.py`. Each answer is a line with its exit status and what it said. A fork goes on
as a new process does: it has the libraries, which do not look at the environment, nothing of ours.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What the settings and the smallest command read, half of the cost of a start.
LIBRARIES = (
    "dj_database_url", "django.core.mail", "django.core.management.commands.diffsettings",
    "django.db.models", "django.http", "django.utils.log", "dotenv", "environs",
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    status: int
    out: str
    err: str


class Starter:
    """The process that forks, and the pipes to it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.starting"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: list[str], environment: dict[str, str], code: str = "") -> Ended:
        """Run `manage.py`, or the code as `python -c` does, and wait for its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([arguments, environment, code]), file=self.process.stdin, flush=True)
        return Ended(*json.loads(self.process.stdout.readline()))

    def end(self) -> None:
        """Let it go."""
        self.process.communicate(timeout=10)
        assert self.process.returncode == 0


def run(arguments: list[str], environment: dict[str, str], code: str) -> None:
    """Become the program; whatever ends it ends this process."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c" if code else "manage.py", *arguments]
    if code:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    else:
        runpy.run_path("manage.py", run_name="__main__")


def serve() -> None:
    """Fork for each program that is asked for; the fork leaves this loop by running it."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                run(*json.loads(line))
                return
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = [os.pread(file.fileno(), 1 << 20, 0).decode() for file in (out, err)]
        print(json.dumps([status, *said]), flush=True)


if __name__ == "__main__":
    serve()
