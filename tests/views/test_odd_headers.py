"""Odd headers: a value that makes no sense is ignored or refused, and is no error of the server."""

import io
import logging
from typing import Any, Final

import pytest
from django.core import signals
from django.db import close_old_connections
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_recording, make_user
from tests.services.conftest import wav
from voicestudio.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir", "_open_connection")]
HEADERS: Final = (
    "CONTENT_TYPE", "CONTENT_LENGTH", "QUERY_STRING", "REMOTE_ADDR", "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE", "HTTP_HOST",
    "HTTP_HX_CURRENT_URL", "HTTP_HX_REQUEST", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_NONE_MATCH",
    "HTTP_IF_RANGE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_ORIGIN", "HTTP_RANGE", "HTTP_REFERER",
    "HTTP_SEC_FETCH_MODE", "HTTP_X_CSRFTOKEN", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO",
)  # fmt: skip
VALUES: Final = (
    "", "\x00", "\xff\xfe", "\xb2", "-1", "9" * 5000, "x" * 20_000, "http://[", "%00%ff",
    "x; charset*=bogus''utf-8", 'text/plain; charset="\x00"', "multipart/form-data; boundary=",
    "bytes=0-1,5-6", "bytes=-99999999999999999999", "Mon, 99 Foo 0000 99:99:99 GMT", 'W/"',
    "localhost:99999999", "1.2.3.4, , [::1", "pages=1.2.3:4:5; sessionid=\x00; csrftoken=\xff",
)  # fmt: skip


@pytest.fixture
def _open_connection() -> Any:
    """The application closes connections after each request; the test's must stay open."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


def answer(method: str, path: str, **environ: str) -> int:
    """The status that the application answers to a request with these values."""
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _error: Any = None) -> Any:
        statuses.append(status)

    request = RequestFactory().generic(method, path).environ
    request |= {"wsgi.input": io.BytesIO(b"a=b"), "HTTP_HOST": "localhost"} | environ
    response = application(request, start_response)
    b"".join(response)
    getattr(response, "close", lambda: None)()
    return int(statuses[0].split()[0])


@pytest.mark.parametrize("header", HEADERS)
def test_odd_value_is_no_server_error(header: str) -> None:
    user = make_user()
    audio = f"/audio/recordings/{make_recording(by=user, content=wav(1)).pk}/"
    client = Client()
    client.force_login(user)
    cookie = "; ".join(f"{name}={each.value}" for name, each in client.cookies.items())
    requests = [("GET", audio, cookie), ("POST", "/new/", cookie), ("POST", "/voices/1/notes/", "")]

    statuses = {
        (method, path, value): answer(method, path, **{"HTTP_COOKIE": signed_in} | {header: value})
        for method, path, signed_in in requests
        for value in VALUES
    }

    assert {asked: status for asked, status in statuses.items() if status >= 500} == {}


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.sampled_from(HEADERS),
    value=st.text(st.characters(max_codepoint=255), max_size=60),
    path=st.sampled_from(["/sign-in/", "/voices/1/notes/"]),
)
def test_any_value_is_no_server_error(header: str, value: str, path: str) -> None:
    assert answer("POST", path, **{header: value}) < 500


def test_unreadable_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "voicestudio.wsgi"):
        status = answer("POST", "/sign-in/", CONTENT_TYPE="x; charset*=bogus''utf-8")

    assert status == 400
    assert caplog.messages == ["Bad request: Invalid Content-Type header."]
