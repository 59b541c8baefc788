"""Sentry: what an error report holds, and that nothing else leaves the studio."""

import gzip
import importlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.factories import make_user
from tests.services.conftest import order, person, recording, tone  # fixtures
from voicestudio import __version__
from voicestudio.minimax import client as minimax_client
from voicestudio.services import clones
from voicestudio.services.clones import Order
from voicestudio.services.log_context import AddContext, log_call
from voicestudio.settings.environment import SECRETS, written_forms
from voicestudio.settings.sentry import FIELDS, SentryHandler

__all__ = ["order", "person", "recording", "tone"]

pytestmark = pytest.mark.django_db

SECRET: Final = "sk-marked-secret"
NAME, TEXT, ADDRESS = "Marked Speaker", "A marked sentence.", "marked@example.com"
MARKED: Final = (SECRET, NAME, "Marked", TEXT, "marked", ADDRESS)
UNPACK: Final[dict[str | None, Callable[[bytes], bytes]]] = {
    None: bytes,
    "gzip": gzip.decompress,
    "br": importlib.import_module("brotli").decompress,
}


class Reports:
    """A server on loopback that takes envelopes, and the handler that sends them."""

    def __init__(self) -> None:
        self.received: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                unpacked = UNPACK[self.headers["Content-Encoding"]](body).decode()
                outer.received.append(unpacked)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.handler = SentryHandler(f"http://public@127.0.0.1:{self.server.server_port}/1")
        self.handler.setLevel(logging.ERROR)
        self.handler.addFilter(AddContext())

    def read_event(self) -> dict[str, Any]:
        """The one event, after a look that nothing marked is anywhere in its envelope."""
        self.handler.flush()
        (envelope,) = self.received
        assert [word for word in MARKED if word in envelope] == []
        _head, item, event = envelope.strip().split("\n")
        assert json.loads(item)["type"] == "event"
        found: dict[str, Any] = json.loads(event)
        assert found.keys() - FIELDS == set()
        assert (found["release"], found["level"]) == (__version__, "error")
        return found


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reports]:
    monkeypatch.setitem(SECRETS, "MINIMAX_API_KEY", written_forms(SECRET))
    made = Reports()
    logging.getLogger().addHandler(made.handler)
    yield made
    logging.getLogger().removeHandler(made.handler)
    made.handler.client.close(timeout=2)
    made.server.shutdown()
    made.server.server_close()


def fail(*_args: Any, **_options: Any) -> None:
    secret, name = SECRET, NAME  # a variable of the frame
    raise ValueError(f"{secret} {name} {TEXT} {ADDRESS}")


def fail_at_speakers(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if '"voicestudio_speaker"' in sql:
        fail()
    return execute(sql, params, many, context)


def test_error_of_a_page_is_reported_without_what_was_entered(
    client: Client, reports: Reports
) -> None:
    client.force_login(make_user("marked", email=ADDRESS, first_name="Marked"))
    client.raise_request_exception = False
    client.cookies["marked"] = SECRET
    with connection.execute_wrapper(fail_at_speakers):
        response = client.post(
            f"/new/?query={SECRET}",
            {"speaker": NAME, "preview_text": TEXT},
            headers={"X-Marked": SECRET, "User-Agent": ADDRESS},
        )

    event = reports.read_event()
    assert response.status_code == 500
    assert event["transaction"] == "new"
    assert event["tags"] == {"request": response["X-Request-ID"]}
    assert event["logger"] == "django.request"
    assert event["logentry"] == {"message": "%s: %s"}
    (error,) = event["exception"]["values"]
    assert (error["type"], error.keys()) == ("ValueError", {"type", "module", "stacktrace"})
    frames = error["stacktrace"]["frames"]
    frame = frames[-1]
    assert (frame["function"], frame["module"]) == ("fail", "tests.test_sentry")
    assert {each["module"] for each in frames if each["in_app"]} >= {"voicestudio.views.attempts"}
    assert not any(each["in_app"] for each in frames if each["module"].startswith("django."))
    assert frame.keys() == {"filename", "module", "function", "lineno", "in_app"}


def test_error_of_a_paid_call_names_the_attempt(
    order: Callable[..., Order], person: User, monkeypatch: pytest.MonkeyPatch, reports: Reports
) -> None:
    attempt = clones.submit(order(speaker_name=NAME, preview_text=TEXT), by=person)
    monkeypatch.setattr(minimax_client.Client, "upload_file", fail)

    try:
        clones.run_clone.call(attempt.pk)
    except ValueError:
        logging.getLogger("huey").exception("Unhandled exception in task %s.", NAME)

    event = reports.read_event()
    assert event["tags"] == {"attempt": str(attempt.pk)}
    assert event["logentry"] == {"message": "Unhandled exception in task %s."}
    assert [error["type"] for error in event["exception"]["values"]] == ["ValueError"]


@pytest.mark.parametrize(
    ("name", "message", "values", "reported"),
    [
        ("voicestudio.x", f"The key {SECRET} of %s.", (NAME,), "The key [key] of %s."),
        ("library", f"It is {NAME}.", (), "library"),
    ],
)
def test_message_is_reported_without_its_values(
    name: str, message: str, values: tuple[str, ...], reported: str, reports: Reports
) -> None:
    with log_call("speech", 7):
        logging.getLogger(name).error(message, *values)

    event = reports.read_event()
    assert (event["logentry"], event["tags"]) == ({"message": reported}, {"speech": "7"})


def test_warning_is_not_reported(reports: Reports) -> None:
    logging.getLogger("voicestudio").warning("%s", NAME)
    reports.handler.flush()

    assert reports.received == []
