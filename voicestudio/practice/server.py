"""Practice, server: the stand-in itself, started and stopped."""

import contextlib
import logging
import selectors
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Self

from voicestudio.practice import espeak
from voicestudio.practice.examples import SPEAKERS, example
from voicestudio.practice.faults import Fault, Refusal
from voicestudio.practice.ledger import Call, Charge, ClonedVoice, Ledger, StoredFile
from voicestudio.practice.multipart import Form
from voicestudio.practice.provider import Provider
from voicestudio.practice.rehearsal import Rehearsal
from voicestudio.practice.rules import wrong
from voicestudio.practice.shelf import Shelf
from voicestudio.practice.wire import HOST, NOT_FOUND, Answer, Wire, ranged

__all__ = ["Answer", "Call", "Charge", "Fault", "StandIn"]

log = logging.getLogger("voicestudio.practice")

CALL_NAMES = (
    "upload",
    "files_list",
    "files_retrieve",
    "files_delete",
    "voice_clone",
    "t2a_v2",
    "get_voice",
    "delete_voice",
    "demo",
    "example",
)
STOP_SECONDS = 0.4


class _Server(ThreadingHTTPServer):
    address_family = socket.AF_INET
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name, as HTTPServer would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A connection that breaks is no news; anything else is a fault of ours."""
        error = sys.exception()
        if not isinstance(error, OSError):
            log.error("the stand-in lost a connection", exc_info=error)


class StandIn:
    """MiniMax's contract on a port of this machine.

    `port` 0 takes a free one; `folder` keeps files and voices over restarts, without it nothing
    lasts; `delay` is the time in seconds that cloning and speaking take; `clone_rpm` limits the
    clone calls within a minute. Raises OSError when the port is in use.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        api_key: str = "practice",
        folder: Path | None = None,
        delay: float = 0.0,
        clone_rpm: int | None = None,
    ) -> None:
        self.api_key = api_key
        self.delay = delay
        self.calls: list[Call] = []
        self.calls_kept = 10_000
        self.connections: set[socket.socket] = set()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._link_host = threading.local()
        self._passing = None if folder else _passing_folder()
        if self._passing:
            folder = Path(self._passing.name)
        assert folder is not None
        try:
            handler = type("StandInWire", (Wire,), {"stand_in": self})
            self._server = _Server((host, port), handler)
        except BaseException:
            if self._passing:
                self._passing.cleanup()
            raise
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_sender.setblocking(False)
        self.ledger = Ledger(folder, lasting=self._passing is None)
        self.shelf = Shelf(self.ledger)
        self.provider = Provider(self.ledger, self.shelf)
        self.rehearsal = Rehearsal()
        self.provider.clone_rpm = clone_rpm
        self.provider.link = self._link

    @property
    def host(self) -> str:
        """The address it listens on."""
        return str(self._server.server_address[0])

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def files(self) -> dict[int, StoredFile]:
        """The uploaded files by file_id."""
        return self.ledger.files

    @property
    def voices(self) -> dict[str, ClonedVoice]:
        """The cloned voices by voice_id."""
        return self.ledger.voices

    @property
    def bill(self) -> list[Charge]:
        """What would have been charged, oldest first; it does not outlive the process."""
        return self.ledger.bill

    def calls_of(self, name: str) -> list[Call]:
        """The recorded calls of one name, oldest first."""
        return [call for call in self.calls if call.name == name]

    def script(self, name: str, fault: Fault) -> None:
        """Let the next call of that name go wrong; several queue up."""
        if name not in CALL_NAMES:
            raise ValueError(f"no call is named {name}")
        with self._lock:
            self._faults[name].append(fault)

    def start(self) -> Self:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self.serve_forever, name="stand-in", daemon=True)
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve until stop() is called; the speech library warms up meanwhile."""
        threading.Thread(target=_warm_up, name="stand-in-warm-up", daemon=True).start()
        self._server.timeout = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._wake_receiver, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select():
                    if key.fileobj is self._server and not self._stopping.is_set():
                        self._server.handle_request()

    @property
    def wake_number(self) -> int:
        """For signal.set_wakeup_fd(): whatever is written there wakes serve_forever().

        Python calls a handler only between two of its own steps. A signal that comes between the
        last look for one and the waiting would be noticed with the next connection, or never.
        """
        return self._wake_sender.fileno()

    def wake_to_stop(self) -> None:
        """Let serve_forever() return; safe in a signal handler."""
        self._stopping.set()
        with contextlib.suppress(BlockingIOError):  # full: it is awake
            self._wake_sender.send(b"\0")

    def stop(self) -> None:
        """Stop serving, end open connections, and delete what was not to last."""
        if self._wake_sender.fileno() < 0:
            return
        self.wake_to_stop()
        if self._thread:
            self._thread.join(STOP_SECONDS)
        self._server.server_close()
        end = time.monotonic() + STOP_SECONDS
        while self.connections and time.monotonic() < end:
            for connection in list(self.connections):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed meanwhile
            time.sleep(0.005)
        self.shelf.close()
        self._wake_sender.close()
        self._wake_receiver.close()
        if self._passing:
            self._passing.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def sleep(self, seconds: float) -> bool:
        """Wait, but not longer than until stop(); true when stopping."""
        return self._stopping.wait(seconds) if seconds > 0 else self._stopping.is_set()

    def record(self, call: Call) -> None:
        """Keep a call for who asks what was sent."""
        with self._lock:
            self.calls.append(call)
            del self.calls[: -self.calls_kept]

    def next_fault(self, call: Call) -> Fault | None:
        """The fault that was scripted for this call, or the one that it rehearses."""
        with self._lock:
            if self._faults[call.name]:
                return self._faults[call.name].popleft()
        return self.rehearsal.fault(call) if call.name == "voice_clone" else None

    def serve(self, call: Call, form: Form | None, trace_id: str) -> Answer:
        """Do what a call asks for; raises Refusal."""
        if call.path in ("/practice", "/practice/") and call.method in ("GET", "HEAD"):
            return Answer(200, b"Practice mode: no real voice is cloned.\n", "text/plain")
        if not call.name:
            return NOT_FOUND
        if call.name == "demo":
            return self._audio(call)
        if call.name == "example":
            voice = call.query.get("voice", "1")
            if voice not in map(str, SPEAKERS):
                return NOT_FOUND
            data = example(int(voice), self.ledger.folder)
            return ranged(Answer(200, data, "audio/wav"), call.headers.get("Range"))
        self._link_host.value = call.headers.get("Host") or ""
        self._authorise(call)
        return Answer.of_json(self._provide(call, form, trace_id))

    def _provide(self, call: Call, form: Form | None, trace_id: str) -> dict[str, Any]:
        provider, shelf = self.provider, self.shelf
        match call.name:
            case "upload":
                return shelf.upload(form or Form())
            case "files_list":
                return shelf.list(call.query)
            case "files_retrieve":
                return shelf.retrieve(call.query)
        if not isinstance(call.json, dict):
            raise wrong("the body must be a JSON object")
        match call.name:
            case "files_delete":
                return shelf.delete(call.json)
            case "voice_clone":
                self.sleep(self.delay)
                return provider.voice_clone(
                    call.json,
                    flagged=self.rehearsal.outcome(call) == "flagged",
                    refusal=self.rehearsal.refusal(call),
                )
            case "t2a_v2":
                self.sleep(self.delay)
                return provider.t2a_v2(call.json, trace_id=trace_id)
            case "get_voice":
                return provider.get_voice(call.json)
        return provider.delete_voice(call.json)

    def _authorise(self, call: Call) -> None:
        given = call.headers.get("Authorization", "")
        if not given.startswith("Bearer ") or not given.removeprefix("Bearer ").strip():
            raise Refusal(1004)
        if given.removeprefix("Bearer ").strip() != self.api_key:
            raise Refusal(2049)
        if call.query.get("GroupId") == "":
            raise Refusal(1008)

    def _audio(self, call: Call) -> Answer:
        path = self.ledger.folder / "audio" / call.path.rpartition("/")[2]
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return NOT_FOUND
        kind = {".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac"}.get(path.suffix)
        whole = Answer(200, data, kind or "application/octet-stream")
        return ranged(whole, call.headers.get("Range"))

    def _link(self, name: str) -> str:
        """The address of an audio file, on the host under which the caller knows us."""
        host = getattr(self._link_host, "value", "")
        base = f"http://{host}" if HOST.fullmatch(host) else self.url
        return f"{base}/practice/audio/{name}"


def _passing_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder for a stand-in that keeps nothing; a late answer may still write into it."""
    return tempfile.TemporaryDirectory(prefix="stand-in-", ignore_cleanup_errors=True)


def _warm_up() -> None:
    try:
        espeak.engine()
    except espeak.SpeechMissing:
        log.info("no speech library: the stand-in plays a melody instead")
