"""Never sent, sent but unanswered, and the key that stays hidden through all of it."""

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
    CloneRequest,
    InvalidAnswer,
    MiniMaxError,
    NoAnswer,
    NotSent,
    Refused,
)
from voicestudio.minimax.multipart import MultipartBody

from .conftest import KEY, OK, Reply, Scripted, http

REQUEST = CloneRequest(7, "Anna2024")
type Make = Callable[..., Client]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Takes connections (the kernel does) and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def failure_of(client: Client) -> MiniMaxError:
    with pytest.raises(MiniMaxError) as caught:
        client.clone(REQUEST)
    return caught.value


def assert_never_sent(problem: MiniMaxError) -> None:
    assert type(problem) is NotSent
    assert (problem.outcome_unknown, problem.retryable) == (False, True)
    assert problem.__cause__ is not None
    assert str(problem) == "POST /v1/voice_clone: no connection to the provider"


def assert_unanswered(problem: MiniMaxError) -> None:
    assert type(problem) in (NoAnswer, AnswerTimeout)
    assert (problem.outcome_unknown, problem.retryable) == (True, False)
    assert problem.__cause__ is not None


# Nothing left the house


def test_refused_connection_was_never_sent(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert_never_sent(failure_of(make_client(base_url=f"http://127.0.0.1:{port}")))


def test_unknown_host_was_never_sent(make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert_never_sent(failure_of(make_client(base_url="https://nowhere.invalid")))


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "xn--.example"])
def test_host_that_is_no_name_was_never_sent(
    make_client: Make, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert_never_sent(failure_of(make_client(base_url=f"https://{host}")))


def test_connect_time_out_was_never_sent(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = []
        for _ in range(3):  # fill the queue, so that the next one waits for ever
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
            waiting.append(line)

        problem = failure_of(make_client(base_url=f"http://127.0.0.1:{port}", connect_timeout=0.2))

        for line in waiting:
            line.close()
    assert_never_sent(problem)


def test_handshake_with_a_plain_server_was_never_sent(
    provider: Scripted, make_client: Make
) -> None:
    def answer(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            line.recv(65536)
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        problem = failure_of(make_client(base_url=f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()

    assert_never_sent(problem)


def test_handshake_that_is_reset_was_never_sent(make_client: Make) -> None:
    def answer(listener: socket.socket) -> None:
        line, _ = listener.accept()
        line.recv(10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        problem = failure_of(make_client(base_url=f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()

    assert_never_sent(problem)


def test_handshake_without_an_answer_was_never_sent(
    silent: socket.socket, make_client: Make
) -> None:
    url = f"https://127.0.0.1:{silent.getsockname()[1]}"

    assert_never_sent(failure_of(make_client(base_url=url, connect_timeout=0.2)))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_is_down_was_never_sent(
    make_client: Make, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert_never_sent(failure_of(make_client(base_url=f"{scheme}://api.example")))


def test_proxy_that_refuses_the_tunnel_was_never_sent(
    provider: Scripted, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", provider.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    provider.says(http("", "502 Bad Gateway", then="close"))

    problem = failure_of(make_client(base_url="https://api.example"))

    assert_never_sent(problem)
    assert provider.received[0].line.startswith("CONNECT api.example:443 ")
    assert "authorization" not in provider.received[0].headers


def test_socks_proxy_is_refused(make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert_never_sent(failure_of(make_client(base_url="https://api.example")))


def test_loopback_needs_no_proxy(
    provider: Scripted, make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    provider.says(http({"base_resp": OK}))

    assert make_client().clone(REQUEST).status_code == 0


def test_header_that_cannot_be_sent_was_never_sent(client: Client, provider: Scripted) -> None:
    with pytest.raises(NotSent):
        client.clone(REQUEST, headers={"Rehearse": "a\r\nX: b"})

    assert provider.received == []


def test_file_that_is_missing_is_said_before_anything_is_sent(
    client: Client, provider: Scripted, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        client.upload(tmp_path / "no", purpose="voice_clone", filename="no.mp3")

    assert provider.received == []


# Sent, and no whole answer came

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
def test_lost_answer_is_unanswered(provider: Scripted, make_client: Make, reply: Reply) -> None:
    provider.says(reply)

    problem = failure_of(make_client(read_timeout=0.3))

    assert_unanswered(problem)
    # Whether it ran out of time or broke off makes another sentence.
    assert isinstance(problem, AnswerTimeout) == (reply.then == "hang")
    assert str(problem) == "POST /v1/voice_clone: no answer came"
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
def test_truncated_body_is_unanswered(provider: Scripted, make_client: Make, reply: Reply) -> None:
    provider.says(reply)

    problem = failure_of(make_client(read_timeout=0.3))

    assert_unanswered(problem)
    assert isinstance(problem, AnswerTimeout) == (reply.then == "hang" or reply.drip is not None)
    assert (problem.http_status, problem.trace_id) == (200, "trace-1")


@pytest.mark.parametrize("piece", [b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nTrace"])
def test_answer_cut_in_its_head_is_unknown(
    client: Client, provider: Scripted, piece: bytes
) -> None:
    provider.says(Reply([piece]))

    problem = failure_of(client)

    assert (type(problem), problem.outcome_unknown, problem.retryable) == (
        InvalidAnswer,
        True,
        False,
    )


def test_kept_connection_that_went_stale_does_not_hurt_a_clone(
    client: Client, provider: Scripted
) -> None:
    """The server closes after its first answer without having said so."""
    listed = http({"files": [], "base_resp": OK}, then="close")
    provider.says(listed, http({"base_resp": OK}))

    client.list_files("voice_clone")

    assert client.clone(REQUEST).status_code == 0


def test_upload_reads_an_answer_that_comes_early(
    client: Client, provider: Scripted, tmp_path: Path
) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.truncate(8 * 1024 * 1024)
    too_large = http("", "413 Too Large")
    too_large.early = True
    provider.says(too_large)

    with pytest.raises(Refused) as caught:
        client.upload(path, purpose="voice_clone", filename="big.wav")

    assert (caught.value.http_status, caught.value.trace_id) == (413, "trace-1")


def test_upload_that_is_cut_off_is_unanswered(
    client: Client, provider: Scripted, tmp_path: Path
) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    provider.says(Reply([], then="reset", reads_body=False))

    with pytest.raises(NoAnswer) as caught:
        client.upload(path, purpose="voice_clone", filename="big.wav")

    assert caught.value.retryable is False


def test_upload_of_a_file_that_shrinks_stops(tmp_path: Path) -> None:
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
def test_key_is_never_told(
    provider: Scripted, make_client: Make, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    provider.says(reply)
    caplog.set_level(logging.DEBUG)
    client = make_client()
    told = [repr(client), str(client)]

    try:
        told.append(repr(client.clone(REQUEST)))
    except MiniMaxError as problem:
        told += [repr(problem), repr(vars(problem))]
        report = traceback.TracebackException.from_exception(problem, capture_locals=True)
        # This test's own frame holds the key in what the server was told to say.
        told += [line for line in report.format() if "test_failures.py" not in line]

    told += [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    assert provider.received[0].headers["authorization"] == f"Bearer {KEY}"
    for spelling in (KEY, KEY.replace("/", "%2F").replace("+", "%2B"), KEY.replace("/", "\\/")):
        assert [text for text in told if spelling in text] == []
    assert [text for text in told if "0123456789abcdef" in text] == []


def test_cause_of_a_failure_holds_no_request(client: Client, provider: Scripted) -> None:
    provider.says(Reply([], then="reset"))

    problem = failure_of(client)

    assert isinstance(problem.__cause__, requests.ConnectionError)
    assert problem.__cause__.request is None
    assert problem.__cause__.__traceback__ is None


def test_word_for_a_key_is_left_alone_in_links(provider: Scripted, make_client: Make) -> None:
    provider.says(http({"demo_audio": "http://127.0.0.1/practice/a.mp3", "base_resp": OK}))

    answer = make_client(api_key="practice").clone(REQUEST)

    assert answer.demo_audio == "http://127.0.0.1/practice/a.mp3"


def test_log_names_the_call_and_its_trace(
    client: Client, provider: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "voicestudio.minimax")
    provider.says(http({"base_resp": OK}), Reply([], then="close"))

    client.clone(REQUEST)
    failure_of(client)

    said = [record.getMessage().partition(" after ") for record in caplog.records]
    assert [(first, last.rpartition(" s")[2]) for first, _, last in said] == [
        ("POST /v1/voice_clone: HTTP 200", ", trace trace-1"),
        ("POST /v1/voice_clone: no answer came", ""),
    ]
