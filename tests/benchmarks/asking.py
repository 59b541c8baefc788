"""Asking: a process that answers requests inside itself, without a network between.

    python -m tests.benchmarks.asking studio    # or bare

Addresses on stdin, one JSON line each on stdout.

The real handler with all its middleware, the real database, static files as in production.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tests.benchmarks.databases import HOUSE

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Answer:
    """What came back: milliseconds at the server (by the clock, and of the processor), status,
    bytes as they would go over the wire.
    """

    ms: float
    cpu_ms: float
    status: int
    bytes: int
    location: str = ""


class Asked:
    """Such a process, for as long as the block runs."""

    def __init__(self, kind: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.asking", kind],
            cwd=HOUSE, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self._read()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ask(self, address: str) -> Answer:
        """GET as somebody who is signed in."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{address}\n")
        self.process.stdin.flush()
        answer = Answer(**json.loads(self._read()))
        if answer.status != 200:
            raise RuntimeError(f"{address} answered {answer.status} {answer.location}")
        return answer

    def _read(self) -> str:
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        if not text:
            raise RuntimeError("the process that was asked has ended")
        return text


# Inside that process --------------------------------------------------------------------------


def cookie() -> str:
    """The cookie of a person who has just signed in."""
    from django.conf import settings  # only once they are configured
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User

    user = User.objects.order_by("pk")[0]
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def answered(application: Callable[..., Any], cookie: str, address: str) -> Answer:
    """What `application` answers to one GET, called as a server would call it."""
    path, _, query = address.partition("?")
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1", "HTTP_COOKIE": cookie, "HTTP_ACCEPT_ENCODING": "gzip",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.input": sys.stdin.buffer, "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }  # fmt: skip
    start, cpu = time.perf_counter(), time.process_time()
    answer = application(environ, lambda *head: told.extend(head))
    size = sum(len(part) for part in answer)
    answer.close()
    took, worked = time.perf_counter() - start, time.process_time() - cpu
    location = dict(told[1]).get("Location", "")
    return Answer(1000 * took, 1000 * worked, int(told[0][:3]), size, location)


def main(kind: str) -> None:
    """Answer addresses until there are no more."""
    import django  # the settings of `kind` come first

    if kind == "bare":
        import_module("tests.benchmarks.bare")
    django.setup()
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    if kind == "bare":
        call_command("collectstatic", interactive=False, verbosity=0)
    else:
        import_module("voicestudio.management.statics").collect_if_changed()
    application, person = get_wsgi_application(), cookie()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(vars(answered(application, person, line.strip()))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
