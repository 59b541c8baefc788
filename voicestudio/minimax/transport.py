"""MiniMax: HTTP transport; connections that record whether any byte of a request was sent."""

import socket
import threading
import time
from http.client import HTTPException, HTTPResponse, parse_headers
from typing import Any, Final, Self

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

UPLOAD_BLOCK_BYTES: Final = 256 * 1024  # of a request body in memory at a time
MAX_INTERIM_RESPONSES: Final = 100
SOCKET_OPTIONS: Final = [
    # Nagle's algorithm would hold the body back until the headers are acknowledged.
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # A clone is silent for up to a minute, long enough for a router to drop the connection.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
]


class Exchange:
    """One HTTP exchange of the current thread: its time limit and whether anything was sent."""

    def __init__(self, *, send_timeout: float, limit: float | None = None) -> None:
        """Times in seconds; `limit` covers the whole exchange, from now on."""
        self.anything_sent = False
        self.send_timeout = send_timeout
        self._deadline = None if limit is None else time.monotonic() + limit
        self._aborted = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        _current.exchange = self
        if self._deadline is not None:
            # The timeout of a socket counts from the last byte, so a server that sends one byte
            # now and then would block this thread forever. Only another thread can end that.
            self._timer = threading.Timer(self.remaining(), self._abort)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        _current.exchange = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self._close_socket()

    @property
    def timed_out(self) -> bool:
        """Whether the limit is over; the socket's own timeout may fire before the timer does."""
        return self._aborted or (self._deadline is not None and time.monotonic() >= self._deadline)

    def remaining(self) -> float:
        """Seconds until the limit, at least a millisecond."""
        return 1e9 if self._deadline is None else max(self._deadline - time.monotonic(), 0.001)

    def watch_socket(self, sock: socket.socket) -> None:
        """Remember the socket in use, so that the timer can shut it down."""
        if self._deadline is None:
            return
        with self._lock:
            self._close_socket()
            # A duplicate handle: TLS replaces the first one, and the number of a closed handle
            # could already belong to another connection.
            self._socket = sock.dup()
        if self._aborted:
            self._abort()

    def _abort(self) -> None:
        self._aborted = True
        with self._lock:
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # already closed by the server

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Current(threading.local):
    """The exchange of this thread; urllib3 offers no other way to reach the connection it picks."""

    exchange: Exchange | None = None


_current = _Current()


def current_exchange() -> Exchange | None:
    """Return the exchange that this thread is in, if any."""
    return _current.exchange


class _FinalResponse(HTTPResponse):
    """A response that skips every interim one before it (100 to 199), not only 100.

    A server may announce with 102 or 103 that it is at work; that is no answer.
    """

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MAX_INTERIM_RESPONSES):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 101 < status < 200:
                return version, status, reason
            parse_headers(self.fp)
        raise HTTPException("too many interim responses")


class _TrackedConnection:
    """Mixin for urllib3's connections: marks the exchange when the first byte is sent.

    Exceptions alone do not tell. A reset during the TLS handshake and a reset after the request
    was sent look alike, but only after the second may a voice exist.
    """

    response_class: Any = _FinalResponse
    _connecting = False

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        if _current.exchange is not None:
            _current.exchange.watch_socket(sock)
        return sock

    def connect(self) -> None:
        self._connecting = True  # a proxy's CONNECT is not yet the request
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        connection: Any = self
        if connection.sock is None and connection.auto_open:
            connection.connect()
        if not self._connecting and _current.exchange is not None:
            _current.exchange.anything_sent = True
            if connection.sock is not None:
                # urllib3 keeps the connect timeout in force while sending, and Python counts it
                # for the whole block: a slow line would fail in the middle of a healthy upload.
                connection.sock.settimeout(_current.exchange.send_timeout)
        super().send(data)  # type: ignore[misc]


class TrackedHTTPConnection(_TrackedConnection, HTTPConnection):
    """Plain HTTP."""


class TrackedHTTPSConnection(_TrackedConnection, HTTPSConnection):
    """HTTP over TLS."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = TrackedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = TrackedHTTPSConnection


class TrackingAdapter(HTTPAdapter):
    """requests' transport adapter with tracked connections. It never retries."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _HTTPPool, "https": _HTTPSPool}  # noqa: RUF012

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Create the pools for direct connections."""
        super().init_poolmanager(
            connections,
            maxsize,
            block,
            blocksize=UPLOAD_BLOCK_BYTES,
            socket_options=SOCKET_OPTIONS,
            **pool_kwargs,
        )
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Create the pools for a proxy."""
        if proxy.lower().startswith("socks"):
            # Its connections are not ours: we could not tell "not sent" from "sent".
            raise InvalidSchema("SOCKS proxies are not supported")
        manager = super().proxy_manager_for(
            proxy, blocksize=UPLOAD_BLOCK_BYTES, socket_options=SOCKET_OPTIONS, **proxy_kwargs
        )
        manager.pool_classes_by_scheme = self.pools
        return manager
