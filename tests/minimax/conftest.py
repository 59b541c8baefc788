"""A provider that answers exactly the bytes it is told to, however hostile."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from voicestudio.minimax import Client

KEY = "sk-test-0123456789abcdef/+secret"


@dataclass
class Reply:
    """Bytes to send, in pieces; then keep the line, close it or reset it."""

    pieces: list[bytes] = field(default_factory=list)
    then: str = "close"  # close, keep, reset, hang
    reads_body: bool = True
    early: bool = False  # the answer goes out before the request's body is read
    drip: threading.Event | None = None  # sends a piece a tick until it is set


@dataclass
class Received:
    """One request as it stood on the wire."""

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
    """A whole HTTP answer of known length."""
    if isinstance(body, dict | list):
        body = json.dumps(body).encode()
    if isinstance(body, str):
        body = body.encode()
    lines = {"Content-Length": str(len(body)), "Trace-Id": "trace-1", **(headers or {})}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v)
    return Reply([head.encode() + b"\r\n" + body], then=then)


class Scripted:
    """Accepts connections on loopback and answers each request with the next reply."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def says(self, *replies: Reply) -> None:
        self.replies += replies

    def stop(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for line in self._lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(line)
            thread = threading.Thread(
                target=self._serve, args=(line, len(self._lines)), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket, number: int) -> None:
        with line, line.makefile("rb") as stream:
            try:
                while self._one(line, stream, number):
                    pass
            except OSError:
                return

    def read_body(self, stream: Any, length: int) -> bytes:
        """The request's body; one above 1 MB is counted and forgotten, so that it costs nothing."""
        if length <= 1_000_000:
            return bytes(stream.read(length))
        while length:
            length -= len(stream.read(min(length, 65536)))
        return b""

    def _one(self, line: socket.socket, stream: Any, number: int) -> bool:
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
            line.sendall(b"".join(reply.pieces))
        body = self.read_body(stream, length)
        self.received.append(Received(first, headers, body, number))
        for piece in [] if reply.early else reply.pieces:
            line.sendall(piece)
        while reply.drip and not reply.drip.is_set() and not self._over.is_set():
            line.sendall(b"x")
            reply.drip.wait(0.02)
        if reply.then == "hang":
            self._over.wait(30)
        if reply.then == "reset":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.then == "keep"


@pytest.fixture
def provider() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.stop()


@pytest.fixture
def make_client(provider: Scripted) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(**options: Any) -> Client:
        settings = {
            "api_key": KEY,
            "base_url": provider.url,
            "connect_timeout": 5.0,
            "read_timeout": 5.0,
        }
        made.append(Client(**{**settings, **options}))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()


OK = {"status_code": 0, "status_msg": "success"}
