"""A server that sends exactly the bytes that a test gives it."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from voicestudio.minimax import Client, CloneRequest, MiniMaxError, SpeechRequest

KEY = "sk-test-0123456789abcdef/+secret"


@dataclass
class Reply:
    """Bytes to send, and what happens to the connection afterwards."""

    pieces: list[bytes] = field(default_factory=list)
    then: str = "close"  # close, keep, reset, hang
    reads_body: bool = True
    early: bool = False  # send before the request's body is read
    drip: threading.Event | None = None  # then send one byte at a time until it is set


@dataclass
class Received:
    """A received request."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def http(
    body: bytes | dict[str, Any] | list[Any] | str = b"",
    status: str = "200 OK",
    headers: dict[str, str] | None = None,
    then: str = "keep",
) -> Reply:
    """Return a whole HTTP response with Content-Length."""
    if isinstance(body, dict | list):
        body = json.dumps(body).encode()
    if isinstance(body, str):
        body = body.encode()
    lines = {"Content-Length": str(len(body)), "Trace-Id": "trace-1", **(headers or {})}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v)
    return Reply([head.encode() + b"\r\n" + body], then=then)


class ScriptedServer:
    """Answers each request with the next reply."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def will_send(self, *replies: Reply) -> None:
        self.replies += replies

    def stop(self) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for connection in self._sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            thread = threading.Thread(
                target=self._serve, args=(connection, len(self._sockets)), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream:
            try:
                while self._serve_request(connection, stream, number):
                    pass
            except OSError:
                return

    def read_body(self, stream: Any, length: int) -> bytes:
        """Return the body of the request; one above 1 MB is read and discarded."""
        if length <= 1_000_000:
            return bytes(stream.read(length))
        while length:
            length -= len(stream.read(min(length, 65536)))
        return b""

    def _serve_request(self, connection: socket.socket, stream: Any, number: int) -> bool:
        first = stream.readline().decode("latin-1").strip()
        if not first:
            return False
        headers = {}
        while entry := stream.readline().decode("latin-1").strip():
            name, _, value = entry.partition(":")
            headers[name.lower()] = value.strip()
        reply = self.replies.pop(0) if self.replies else http({"base_resp": {"status_code": 1000}})
        length = int(headers.get("content-length", 0)) if reply.reads_body else 0
        if reply.early:
            connection.sendall(b"".join(reply.pieces))
        body = self.read_body(stream, length)
        self.received.append(Received(first, headers, body, number))
        for piece in [] if reply.early else reply.pieces:
            connection.sendall(piece)
        while reply.drip and not reply.drip.is_set() and not self._stopping.is_set():
            connection.sendall(b"x")
            reply.drip.wait(0.02)
        if reply.then == "hang":
            self._stopping.wait(30)
        if reply.then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.then == "keep"


@pytest.fixture
def provider() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.stop()


@pytest.fixture
def make_client(provider: ScriptedServer) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(**options: Any) -> Client:
        settings = {
            "api_key": KEY,
            "base_url": provider.url,
            "connect_timeout": 5.0,
            "read_timeout": 5.0,
        }
        clients.append(Client(**{**settings, **options}))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()


OK = {"status_code": 0, "status_msg": "success"}
CLONE = CloneRequest(7, "Anna2024")
SPEECH = SpeechRequest("Anna2024", "Hello", "speech-2.8-hd")
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def refusal(code: Any, message: str = "reason") -> dict[str, Any]:
    """Return the JSON of an error answer."""
    return {"base_resp": {"status_code": code, "status_msg": message}}


def get_error[Error: MiniMaxError](kind: type[Error], call: Callable[[], object]) -> Error:
    """Return the error that a call raises."""
    with pytest.raises(kind) as caught:
        call()
    return caught.value


@pytest.fixture
def no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name has an address."""

    def resolve(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
