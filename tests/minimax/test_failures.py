"""Failures: not sent, no answer, and no trace of the key in any of them."""

import logging
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from voicestudio.minimax import (
    AnswerTimeout,
    Client,
    InvalidAnswer,
    MiniMaxError,
    NoAnswer,
    NotSent,
    Refused,
)
from voicestudio.minimax.multipart import MultipartBody

from .conftest import CLONE, KEY, OK, Reply, ScriptedServer, http

type Make = Callable[..., Client]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts connections but never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture(autouse=True)
def no_proxy_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


def failure_of(client: Client) -> MiniMaxError:
    with pytest.raises(MiniMaxError) as caught:
        client.clone_voice(CLONE)
    return caught.value


def assert_not_sent(error: MiniMaxError) -> None:
    assert type(error) is NotSent
    assert (error.outcome_unknown, error.retryable) == (False, True)
    assert error.__cause__ is not None
    assert str(error) == "POST /v1/voice_clone: no connection to the provider"


def assert_no_answer(error: MiniMaxError) -> None:
    assert type(error) in (NoAnswer, AnswerTimeout)
    assert (error.outcome_unknown, error.retryable) == (True, False)
    assert error.__cause__ is not None


# Not sent


def test_refused_connection_was_not_sent(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert_not_sent(failure_of(make_client(base_url=f"http://127.0.0.1:{port}")))


@pytest.mark.parametrize(
    "host", ["nowhere.invalid", "a" * 64 + ".example", "a..example", "xn--.example"]
)
@pytest.mark.usefixtures("no_such_host")
def test_unknown_host_was_not_sent(make_client: Make, host: str) -> None:
    assert_not_sent(failure_of(make_client(base_url=f"https://{host}")))


def test_connect_time_out_was_not_sent(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = []
        for _ in range(3):  # fill the queue, so that the next one waits for ever
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
            waiting.append(line)

        error = failure_of(make_client(base_url=f"http://127.0.0.1:{port}", connect_timeout=0.2))

        for line in waiting:
            line.close()
    assert_not_sent(error)


@pytest.mark.parametrize("reset", [False, True])
def test_failed_tls_handshake_was_not_sent(make_client: Make, reset: bool) -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10 if reset else 65536)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        error = failure_of(make_client(base_url=f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()

    assert_not_sent(error)


def test_handshake_without_an_answer_was_not_sent(silent: socket.socket, make_client: Make) -> None:
    url = f"https://127.0.0.1:{silent.getsockname()[1]}"

    assert_not_sent(failure_of(make_client(base_url=url, connect_timeout=0.2)))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_is_down_was_not_sent(
    make_client: Make, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{port}")

    assert_not_sent(failure_of(make_client(base_url=f"{scheme}://api.example")))


def test_proxy_that_refuses_the_tunnel_was_not_sent(
    provider: ScriptedServer, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", provider.url)
    provider.will_send(http("", "502 Bad Gateway", then="close"))

    error = failure_of(make_client(base_url="https://api.example"))

    assert_not_sent(error)
    assert provider.received[0].line.startswith("CONNECT api.example:443 ")
    assert "authorization" not in provider.received[0].headers


def test_socks_proxy_is_refused(make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")

    assert_not_sent(failure_of(make_client(base_url="https://api.example")))


def test_loopback_needs_no_proxy(
    provider: ScriptedServer, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    provider.will_send(http({"base_resp": OK}))

    assert make_client().clone_voice(CLONE).status_code == 0


def test_header_that_cannot_be_sent_was_not_sent(client: Client, provider: ScriptedServer) -> None:
    with pytest.raises(NotSent):
        client.clone_voice(CLONE, headers={"Rehearse": "a\r\nX: b"})

    assert provider.received == []


def test_missing_file_is_reported_before_anything_is_sent(
    client: Client, provider: ScriptedServer, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        client.upload_file(tmp_path / "no", purpose="voice_clone", filename="no.mp3")

    assert provider.received == []


# Sent, but no whole answer

HEAD = b"HTTP/1.1 200 OK\r\nTrace-Id: trace-1\r\n"


@pytest.mark.parametrize(
    "reply",
    [
        Reply([], then="close"),
        Reply([], then="reset"),
        Reply([], then="hang"),
        Reply([b"HTTP/1.1 200 OK\r\nTrace"], then="hang"),
        Reply([b"garbage\r\n\r\n"], then="close"),
        Reply([b"HTTP/1.1 two OK\r\n\r\n"], then="close"),
        Reply([b"\x16\x03\x01\x00\x00"], then="close"),
        Reply([b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 200, b"\r\n"], then="close"),
        Reply([b"HTTP/1.1 200 OK\r\nx: ", b"y" * 70_000, b"\r\n\r\n"], then="close"),
    ],
    ids=range(9),
)
def test_lost_answer_is_no_answer(
    provider: ScriptedServer, make_client: Make, reply: Reply
) -> None:
    provider.will_send(reply)

    error = failure_of(make_client(read_timeout=0.3))

    assert_no_answer(error)
    # A timeout and a broken connection have different messages.
    assert isinstance(error, AnswerTimeout) == (reply.then == "hang")
    assert str(error) == "POST /v1/voice_clone: no answer came"
    assert len(provider.received) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply([HEAD + b'Content-Length: 99\r\n\r\n{"base_resp": {'], then="close"),
        Reply([HEAD + b'Content-Length: 99\r\n\r\n{"base_resp": {'], then="reset"),
        Reply([HEAD + b'Content-Length: 99\r\n\r\n{"base_resp": {'], then="hang"),
        Reply([HEAD + b"Transfer-Encoding: chunked\r\n\r\n50\r\n{"], then="close"),
        Reply([HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{"], then="close"),
        Reply([HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], then="close"),
        Reply([HEAD + b"Content-Length: 99999\r\n\r\n"], drip=threading.Event()),
    ],
    ids=range(7),
)
def test_truncated_body_is_no_answer(
    provider: ScriptedServer, make_client: Make, reply: Reply
) -> None:
    provider.will_send(reply)

    error = failure_of(make_client(read_timeout=0.3))

    assert_no_answer(error)
    assert isinstance(error, AnswerTimeout) == (reply.then == "hang" or reply.drip is not None)
    assert (error.http_status, error.trace_id) == (200, "trace-1")


@pytest.mark.parametrize("piece", [b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nTrace"])
def test_answer_cut_in_its_headers_is_unknown(
    client: Client, provider: ScriptedServer, piece: bytes
) -> None:
    provider.will_send(Reply([piece]))

    error = failure_of(client)

    assert (type(error), error.outcome_unknown, error.retryable) == (InvalidAnswer, True, False)


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_interim_response_is_no_answer(
    client: Client, provider: ScriptedServer, status: str
) -> None:
    interim = b"HTTP/1.1 %s\r\nLink: </x>\r\n\r\n" % status.encode()
    reply = http({"base_resp": OK})
    provider.will_send(Reply([interim * 2, *reply.pieces], then="keep"))

    assert client.clone_voice(CLONE).http_status == 200


def test_endless_interim_responses_are_no_answer(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(Reply([b"HTTP/1.1 102 Processing\r\n\r\n" * 200]))

    assert failure_of(client).outcome_unknown is True


def test_dripping_headers_end_at_the_limit(provider: ScriptedServer, make_client: Make) -> None:
    provider.will_send(Reply([b"HTTP/1.1 200 OK\r\nTrace-Id: "], drip=threading.Event()))

    error = failure_of(make_client(connect_timeout=0.1, read_timeout=0.3))

    assert (type(error), error.outcome_unknown) == (AnswerTimeout, True)


def test_stale_connection_does_not_affect_a_clone(client: Client, provider: ScriptedServer) -> None:
    """The server closes after its first answer without announcing it."""
    listed = http({"files": [], "base_resp": OK}, then="close")
    provider.will_send(listed, http({"base_resp": OK}))

    client.list_files("voice_clone")

    assert client.clone_voice(CLONE).status_code == 0


def test_upload_reads_an_early_answer(
    client: Client, provider: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.truncate(8 * 1024 * 1024)
    too_large = http("", "413 Too Large")
    too_large.early = True
    provider.will_send(too_large)

    with pytest.raises(Refused) as caught:
        client.upload_file(path, purpose="voice_clone", filename="big.wav")

    assert (caught.value.http_status, caught.value.trace_id) == (413, "trace-1")


def test_interrupted_upload_is_no_answer(
    client: Client, provider: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    provider.will_send(Reply([], then="reset", reads_body=False))

    with pytest.raises(NoAnswer) as caught:
        client.upload_file(path, purpose="voice_clone", filename="big.wav")

    assert caught.value.retryable is False


def test_upload_of_a_shrinking_file_stops(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    with path.open("rb") as file:
        body = MultipartBody({}, file, filename="x.mp3", size=4)

        with pytest.raises(OSError, match="became shorter"):
            list(body)


# The key


@pytest.mark.parametrize(
    "reply",
    [
        http({"base_resp": {"status_code": 1004, "status_msg": f"bad key {KEY}"}}),
        http({"error": {"message": f"Bearer {KEY}"}}, "401 Unauthorized"),
        http(
            {
                "base_resp": {
                    "status_code": 1004,
                    "status_msg": KEY.replace("/", "%2F").replace("+", "%2B"),
                }
            }
        ),
        http(
            '{"base_resp": {"status_code": 1004, "status_msg": "' + KEY.replace("/", "\\/") + '"}}'
        ),
        http(f"<html>{KEY}</html>", "502 Bad Gateway"),
        http(f"<html>{KEY}</html>"),
        http("x" * 4090 + KEY),
        http(KEY * 500 + "x" * 4000, "500 Oops"),
        http({"base_resp": OK, KEY: KEY, "demo_audio": f"https://x/{KEY}"}),
        http("", "502 Bad Gateway", headers={"Trace-Id": KEY}),
        http("", "301 Moved", headers={"Location": f"https://elsewhere.example/{KEY}"}),
        Reply([HEAD + b"Content-Length: 99999\r\n\r\n" + KEY.encode()]),
        Reply([b"HTTP/1.1 " + KEY.encode() + b"\r\n\r\n"]),
        Reply([], then="reset"),
    ],
    ids=range(14),
)
def test_key_is_never_shown(
    provider: ScriptedServer, make_client: Make, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    provider.will_send(reply)
    caplog.set_level(logging.DEBUG)
    client = make_client()
    texts = [repr(client), str(client)]

    try:
        texts.append(repr(client.clone_voice(CLONE)))
    except MiniMaxError as error:
        texts += [repr(error), repr(vars(error))]
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        # The frame of this test holds the key in the reply.
        texts += [line for line in report.format() if "test_failures.py" not in line]

    texts += [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    assert provider.received[0].headers["authorization"] == f"Bearer {KEY}"
    for form in (KEY, KEY.replace("/", "%2F").replace("+", "%2B"), KEY.replace("/", "\\/")):
        assert [text for text in texts if form in text] == []
    assert [text for text in texts if "0123456789abcdef" in text] == []


def test_cause_of_a_failure_holds_no_request(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(Reply([], then="reset"))

    error = failure_of(client)

    assert isinstance(error.__cause__, requests.ConnectionError)
    assert error.__cause__.request is None
    assert error.__cause__.__traceback__ is None


def test_short_key_is_not_redacted(provider: ScriptedServer, make_client: Make) -> None:
    provider.will_send(http({"demo_audio": "http://127.0.0.1/practice/a.mp3", "base_resp": OK}))

    answer = make_client(api_key="practice").clone_voice(CLONE)

    assert answer.demo_audio == "http://127.0.0.1/practice/a.mp3"


def test_log_names_the_call_and_its_trace(
    client: Client, provider: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "voicestudio.minimax")
    provider.will_send(http({"base_resp": OK}), Reply([], then="close"))

    client.clone_voice(CLONE)
    failure_of(client)

    lines = [record.getMessage().partition(" after ") for record in caplog.records]
    assert [(first, last.rpartition(" s")[2]) for first, _, last in lines] == [
        ("POST /v1/voice_clone: HTTP 200", ", trace trace-1"),
        ("POST /v1/voice_clone: no answer came", ""),
    ]
