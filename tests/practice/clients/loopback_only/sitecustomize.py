"""Loaded by Python before a fetched client: connections to other hosts than loopback fail."""

import socket
from typing import Any

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class LoopbackSocket(socket.socket):
    """A socket that connects to loopback and Unix sockets only."""

    def connect(self, address: Any) -> None:
        """Connect; raises OSError for another host."""
        self._check(address)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        """Connect and return the error number; raises OSError for another host."""
        self._check(address)
        return super().connect_ex(address)

    def _check(self, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise OSError(f"blocked: a connection to {address[0]}")


socket.socket = LoopbackSocket  # type: ignore[misc]
