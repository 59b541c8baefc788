"""HTTP of the practice provider: paths, headers, uploads, ranges and connections."""

import hashlib
import http.client
import socket
from collections.abc import Iterator

import pytest
import requests

from tests.practice.conftest import Caller
from tests.practice.recordings import hum
from voicestudio.practice.server import StandIn

CALLS = [
    ("POST", "/v1/files/upload"),
    ("POST", "/v1/files"),
    ("GET", "/v1/files/list"),
    ("GET", "/v1/files/retrieve"),
    ("POST", "/v1/files/delete"),
    ("POST", "/v1/voice_clone"),
    ("POST", "/v1/t2a_v2"),
    ("POST", "/v1/get_voice"),
    ("POST", "/v1/delete_voice"),
]


@pytest.mark.parametrize("prefix", ["", "/minimax"])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_is_served_with_both_prefixes(
    stand_in: StandIn, method: str, path: str, prefix: str
) -> None:
    answer = requests.request(method, stand_in.url + prefix + path, timeout=10)

    assert (answer.status_code, answer.json()["base_resp"]["status_code"]) == (200, 1004)
    assert len(answer.headers["Trace-Id"]) == 32


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/v1"), ("GET", "/v1/voice_clone"), ("POST", "/v1/files/list"),
        ("PUT", "/v1/get_voice"), ("POST", "/other/v1/get_voice"),
        ("POST", "/minimax/minimax/v1/get_voice"), ("GET", "/practice/example.wav?voice=5"),
        ("GET", "/practice/audio/" + "0" * 32 + ".mp3"), ("GET", "/practice/audio/../index.json"),
    ],
)  # fmt: skip
def test_unknown_paths_are_not_found(stand_in: StandIn, method: str, path: str) -> None:
    answer = requests.request(method, stand_in.url + path, data=b"abc", timeout=10)

    assert (answer.status_code, answer.text) == (404, "404 page not found")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert len(answer.headers["Trace-Id"]) == 32


def test_trace_ids_differ(caller: Caller) -> None:
    answers = [caller.post("/v1/get_voice", {"voice_type": "all"}) for _ in range(3)]

    assert len({answer.headers["Trace-Id"] for answer in answers}) == 3


def test_malformed_request_gets_a_trace_id(stand_in: StandIn) -> None:
    with socket.create_connection(("127.0.0.1", stand_in.port), timeout=10) as connection:
        connection.sendall(b"nonsense in one line\r\n\r\n")
        answer = connection.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"Trace-Id: ") == 1


def test_one_connection_serves_many_calls(caller: Caller, stand_in: StandIn) -> None:
    for _ in range(3):
        caller.upload(b"x")
        caller.get("/nowhere")
        caller.post("/v1/get_voice", {"voice_type": "all"})

    assert len(stand_in.connections) == 1


def test_nagle_algorithm_is_off(caller: Caller, stand_in: StandIn) -> None:
    caller.get("/practice/")

    (connection,) = stand_in.connections
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_upload_keeps_every_byte(caller: Caller, stand_in: StandIn) -> None:
    # Bytes that look like a boundary, also across the edges of blocks.
    data = (b"\r\n--" + b"-" * 61 + b"\r\n") * 20_000

    answer = caller.upload(data, '王芳 "a".mp3').json()

    row = stand_in.files[answer["file"]["file_id"]]
    assert hashlib.sha256(row.path.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert answer == {
        "file": {
            "file_id": row.file_id,
            "bytes": len(data),
            "created_at": row.created_at,
            "filename": '王芳 "a".mp3',
            "purpose": "voice_clone",
        },
        "base_resp": {"status_code": 0, "status_msg": "success"},
    }
    assert len(str(row.file_id)) == 15


@pytest.mark.parametrize("path", ["/v1/files/upload", "/v1/files", "/minimax/v1/files"])
def test_chunked_upload_is_parsed(caller: Caller, stand_in: StandIn, path: str) -> None:
    def body() -> Iterator[bytes]:
        yield b'--edge\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvoice_'
        yield b'clone\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r'
        yield b"\n\r\nabc\r\n--ed"
        yield b"ge--\r\n"

    answer = caller.session.post(
        caller.base + path,
        data=body(),
        headers={"Content-Type": "multipart/form-data; boundary=edge"},
        timeout=10,
    ).json()

    assert stand_in.files[answer["file"]["file_id"]].path.read_bytes() == b"abc"


@pytest.mark.parametrize(
    "body", [b"", b"nothing of the kind", b'--edge\r\nContent-Disposition: form-data; name="file"']
)
def test_malformed_upload_is_refused_with_a_reason(
    caller: Caller, stand_in: StandIn, body: bytes
) -> None:
    answer = caller.session.post(
        caller.base + "/v1/files/upload",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=edge"},
        timeout=10,
    )

    base_resp = answer.json()["base_resp"]
    assert base_resp["status_code"] == 2013
    assert "multipart stream" in base_resp["status_msg"]
    assert list((stand_in.store.folder / "incoming").iterdir()) == []


def test_interrupted_upload_leaves_nothing(stand_in: StandIn) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stand_in.port, timeout=10)
    connection.putrequest("POST", "/v1/files/upload")
    connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
    connection.putheader("Content-Length", "100000")
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nabc'
    connection.endheaders(head)
    assert connection.sock is not None
    connection.sock.shutdown(socket.SHUT_WR)

    assert connection.sock.recv(1) == b""  # the stand-in has closed the connection
    connection.close()
    assert list((stand_in.store.folder / "incoming").iterdir()) == []
    assert (stand_in.files, stand_in.calls) == ({}, [])


def test_calls_record_the_request(caller: Caller, stand_in: StandIn) -> None:
    caller.upload(b"abc", "a.wav", "prompt_audio")
    caller.post("/v1/get_voice?GroupId=7", {"voice_type": "all"}, Rehearse="flagged")

    upload, voices = stand_in.calls
    assert (upload.name, upload.method, upload.path) == ("upload", "POST", "/v1/files/upload")
    assert (upload.fields, upload.json) == ({"purpose": "prompt_audio"}, None)
    assert (voices.name, voices.query) == ("get_voice", {"GroupId": "7"})
    assert (voices.json, voices.bytes) == ({"voice_type": "all"}, 21)
    assert voices.headers["rehearse"] == "flagged"
    assert voices.at >= upload.at


@pytest.mark.parametrize(
    ("range_header", "status", "start", "end"),
    [
        (None, 200, 0, None), ("bytes=0-9", 206, 0, 10), ("bytes=100-", 206, 100, None),
        ("bytes=-7", 206, -7, None), ("bytes=5-99999999", 206, 5, None),
        ("bytes=-99999999", 206, 0, None), ("bytes=-", 200, 0, None), ("bytes=a-b", 200, 0, None),
        ("bytes=0-1,5-6", 200, 0, None), ("bytes=99999999-", 416, 0, 0), ("bytes=9-5", 416, 0, 0),
    ],
)  # fmt: skip
def test_example_supports_ranges(
    stand_in: StandIn, range_header: str | None, status: int, start: int, end: int | None
) -> None:
    path = stand_in.store.folder / "example-1.wav"
    path.write_bytes(hum(1))
    whole = path.read_bytes()

    answer = requests.get(
        stand_in.url + "/practice/example.wav", headers={"Range": range_header or ""}, timeout=10
    )

    assert (answer.status_code, answer.content) == (status, whole[start:end])
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Length"] == str(len(answer.content))


def test_head_sends_no_body(stand_in: StandIn) -> None:
    (stand_in.store.folder / "example-1.wav").write_bytes(hum(1))

    answer = requests.head(stand_in.url + "/practice/example.wav", timeout=10)

    assert (answer.headers["Content-Length"], answer.content) == ("16044", b"")


def test_audio_url_has_the_host_of_the_request(stand_in: StandIn) -> None:
    caller = Caller(stand_in, "/minimax")
    caller.base = caller.base.replace("127.0.0.1", "localhost")
    with caller.session:
        body = {"file_id": caller.file_id(), "voice_id": "Anna-0001", "text": "Hello."}
        answer = caller.clone({**body, "model": "speech-2.8-hd"})

    base = answer["demo_audio"].partition("/practice/audio/")[0]
    assert base == f"http://localhost:{stand_in.port}"
