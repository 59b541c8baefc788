"""A process that answers GET requests inside itself, without a network in between.

    python -m tests.benchmarks.in_process_client studio    # or bare

It reads lines with a language and an address from stdin and writes one line of JSON for each to
stdout. It runs the real handler with all its middleware, the real database, and static files and
catalogues as in production. As a browser does, it keeps the cookies that it gets.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from importlib import import_module
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from tests.benchmarks.databases import ROOT

ROUNDS: Final = 31
# An address that takes longer than this is requested three times only.
SLOW_MS: Final = 200


@dataclass(frozen=True)
class Response:
    """One response: milliseconds at the server (by the clock, and of the processor), its status,
    and its bytes as they would be sent.
    """

    ms: float
    cpu_ms: float
    status: int
    bytes: int
    location: str = ""
    cookies: tuple[str, ...] = ()


class InProcessClient:
    """Starts such a process for the length of a `with` block."""

    def __init__(self, kind: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.in_process_client", kind],
            cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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

    def get(self, address: str, language: str = "en") -> Response:
        """GET an address as a signed-in user. Raises RuntimeError unless it answers 200."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{language} {address}\n")
        self.process.stdin.flush()
        response = Response(**json.loads(self._read()))
        if response.status != 200:
            raise RuntimeError(f"{address} answered {response.status} {response.location}")
        return response

    def _read(self) -> str:
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        if not text:
            raise RuntimeError("the process has ended")
        return text


class InLanguage(NamedTuple):
    """The client of a person who reads this language."""

    client: InProcessClient
    language: str

    def get(self, address: str) -> Response:
        """GET an address in this language."""
        return self.client.get(address, self.language)


class Times(NamedTuple):
    """Medians in milliseconds: by the clock, and of the processor in the process."""

    ms: float
    cpu_ms: float


def median_times(requests: Sequence[tuple[InProcessClient | InLanguage, str]]) -> list[Times]:
    """How long each address takes, requested in turns, so that noise meets all of them alike."""
    responses: list[list[Response]] = [[] for _request in requests]
    for client, address in requests:
        client.get(address)
    for turn in range(ROUNDS):
        for (client, address), known in zip(requests, responses, strict=True):
            if turn < 3 or _median(known).ms < SLOW_MS:
                known.append(client.get(address))
    return [_median(known) for known in responses]


def _median(responses: list[Response]) -> Times:
    return Times(
        statistics.median(response.ms for response in responses),
        statistics.median(response.cpu_ms for response in responses),
    )


# Inside that process --------------------------------------------------------------------------


def sign_in(user: Any = None) -> str:
    """Create a session for a user, by default the oldest, and return its cookie."""
    from django.conf import settings  # after they are configured
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User

    user = user or User.objects.order_by("pk")[0]
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def call_application(application: Callable[..., Any], cookie: str, address: str) -> Response:
    """Call the WSGI application as a server would, with one GET."""
    path, _, query = address.partition("?")
    head: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1", "HTTP_COOKIE": cookie, "HTTP_ACCEPT_ENCODING": "gzip",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.input": sys.stdin.buffer, "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }  # fmt: skip
    start, cpu = time.perf_counter(), time.process_time()
    body = application(environ, lambda *arguments: head.extend(arguments))
    size = sum(len(part) for part in body)
    body.close()
    took, worked = time.perf_counter() - start, time.process_time() - cpu
    location = dict(head[1]).get("Location", "")
    cookies = tuple(value for name, value in head[1] if name == "Set-Cookie")
    return Response(1000 * took, 1000 * worked, int(head[0][:3]), size, location, cookies)


def main(kind: str) -> None:
    """Answer addresses until stdin ends."""
    import django  # after the settings of `kind`

    if kind == "bare":
        import_module("tests.benchmarks.bare_site")
    django.setup()
    from django.core.management import call_command  # after django.setup()
    from django.core.wsgi import get_wsgi_application

    if kind == "bare":
        call_command("collectstatic", interactive=False, verbosity=0)
    else:
        import_module("voicestudio.management.statics").collect_if_changed()
        import_module("voicestudio.management.catalogues").compile_if_changed()
    application, cookies = get_wsgi_application(), SimpleCookie(sign_in())
    print("ready", flush=True)
    for line in sys.stdin:
        language, address = line.split()
        cookies["django_language"] = language
        cookie = cookies.output(attrs=[], header="", sep=";").strip()
        response = call_application(application, cookie, address)
        for each in response.cookies:
            cookies.load(each)
        print(json.dumps(vars(response)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
