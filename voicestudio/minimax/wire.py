"""MiniMax: what carries bytes; connections that know whether anything of a request has left."""

import socket
import threading
import time
from typing import Any, Final, Self

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

BLOCK: Final = 256 * 1024  # bytes of a request body in memory at a time
SOCKET_OPTIONS: Final = [
    # Nagle's algorithm would hold the body back until the headers are acknowledged.
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # A clone is silent for up to a minute, long enough for a router to forget the line.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
]


class Exchange:
    """One request of this thread under way: what is known of it, and a way to break it off."""

    def __init__(self, *, send_timeout: float, limit: float | None = None) -> None:
        """Times in seconds; `limit` is for everything together, from now on."""
        self.departed = False  # has any byte of the request been handed to a connection?
        self._broken_off = False
        self.send_timeout = send_timeout
        self._ends = None if limit is None else time.monotonic() + limit
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._alarm: threading.Timer | None = None

    def __enter__(self) -> Self:
        _here.exchange = self
        if self._ends is not None:
            # A time-out of the socket counts from the last byte, so a server that sends one byte
            # now and then would hold the thread for ever. Only another thread can end that.
            self._alarm = threading.Timer(self.left(), self._break_off)
            self._alarm.daemon = True
            self._alarm.start()
        return self

    def __exit__(self, *_: object) -> None:
        _here.exchange = None
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm.join()
        self._drop_line()

    @property
    def late(self) -> bool:
        """Is the limit over? The socket's own time-out may notice it before the alarm does."""
        return self._broken_off or (self._ends is not None and time.monotonic() >= self._ends)

    def left(self) -> float:
        """Seconds until the limit, at least a tick."""
        return 1e9 if self._ends is None else max(self._ends - time.monotonic(), 0.001)

    def opened(self, line: socket.socket) -> None:
        """Note the connection in use, so that the alarm can end it."""
        if self._ends is None:
            return
        with self._lock:
            self._drop_line()
            # Our own handle on the same connection: TLS replaces the first, and a closed one's
            # number could already belong to somebody else.
            self._line = line.dup()
        if self._broken_off:
            self._break_off()

    def _break_off(self) -> None:
        self._broken_off = True
        with self._lock:
            if self._line is not None:
                try:
                    self._line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # already gone

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class _Here(threading.local):
    """The exchange of this thread; urllib3 offers no other way to reach the connection it picks."""

    exchange: Exchange | None = None


_here = _Here()


def current_exchange() -> Exchange | None:
    """The exchange that this thread is in, if any."""
    return _here.exchange


class _Told:
    """Mixed into urllib3's connections: tells the exchange when the request's first byte leaves.

    The exceptions alone do not say it. A reset during the TLS handshake and a reset after the
    request was sent look alike, but only one of them means that a voice may exist.
    """

    _connecting = False

    def _new_conn(self) -> socket.socket:
        line: socket.socket = super()._new_conn()  # type: ignore[misc]
        if _here.exchange is not None:
            _here.exchange.opened(line)
        return line

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
        if not self._connecting and _here.exchange is not None:
            _here.exchange.departed = True
            if connection.sock is not None:
                # urllib3 leaves the connect time-out in force while sending, and Python counts it
                # for the whole block: a slow line would fail in the middle of a healthy upload.
                connection.sock.settimeout(_here.exchange.send_timeout)
        super().send(data)  # type: ignore[misc]


class ToldHTTPConnection(_Told, HTTPConnection):
    """Plain HTTP."""


class ToldHTTPSConnection(_Told, HTTPSConnection):
    """HTTP over TLS."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = ToldHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = ToldHTTPSConnection


class Carrier(HTTPAdapter):
    """Sends requests over connections that report to the exchange; repeats nothing by itself."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _HTTPPool, "https": _HTTPSPool}  # noqa: RUF012

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Make the pools, with our connections in them."""
        super().init_poolmanager(
            connections,
            maxsize,
            block,
            blocksize=BLOCK,
            socket_options=SOCKET_OPTIONS,
            **pool_kwargs,
        )
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Make a proxy's pools, with our connections in them."""
        if proxy.lower().startswith("socks"):
            # Its connections are not ours: we could not tell "not sent" from "sent".
            raise InvalidSchema("SOCKS proxies are not supported")
        manager = super().proxy_manager_for(
            proxy, blocksize=BLOCK, socket_options=SOCKET_OPTIONS, **proxy_kwargs
        )
        manager.pool_classes_by_scheme = self.pools
        return manager
