"""A proxy on loopback before a server: slow, or closed for a while."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

from tests.management.running_studio import free_port

BLOCK = 8 * 1024


class Proxy:
    """Hands bytes to a server and its bytes back, with a pause before each block of the answers.

    What is sent comes ten times as fast: a client waits for the answer as soon as the system has
    taken its last byte.

    It is open while its block runs, on one port, but for the time of `closed()`.
    """

    def __init__(self, host: str, port: int, *, pause: float = 0) -> None:
        self.target, self.pause, self.port = (host, port), pause, free_port()
        self.sockets: list[socket.socket] = []
        self.server = self._open()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Throw everyone off, and refuse connections for the block."""
        self._close()
        yield
        self.server = self._open()

    def _open(self) -> socketserver.ThreadingTCPServer:
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            """One connection."""

            def handle(self) -> None:
                proxy._connect(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def _close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for each in [*self.sockets]:
            _end(each)

    def _connect(self, client: socket.socket) -> None:
        with socket.create_connection(self.target) as server:
            both = (client, server)
            self.sockets += both
            back = (server, client, self.pause)
            answers = threading.Thread(target=self._copy, args=back, daemon=True)
            answers.start()
            self._copy(client, server, self.pause / 10)
            answers.join()
            self.sockets = [each for each in self.sockets if each not in both]

    def _copy(self, source: socket.socket, sink: socket.socket, pause: float) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                time.sleep(pause)
                sink.sendall(block)
        _end(source)
        _end(sink)


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
