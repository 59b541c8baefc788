"""Practice, server: starts and stops the stand-in provider and dispatches its calls."""

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
from voicestudio.practice.event_stream import CONTENT_TYPE as EVENT_STREAM
from voicestudio.practice.event_stream import encode_events
from voicestudio.practice.examples import SPEAKERS, example
from voicestudio.practice.faults import Fault, Refusal
from voicestudio.practice.files import FileCalls
from voicestudio.practice.http import (
    HOST_HEADER,
    NOT_FOUND,
    ROUTES,
    RequestHandler,
    Response,
    apply_range,
)
from voicestudio.practice.provider import Provider
from voicestudio.practice.rehearsal import Rehearsal
from voicestudio.practice.request_body import Form
from voicestudio.practice.rules import drop_nulls, invalid_params
from voicestudio.practice.speech_rules import parse_speech
from voicestudio.practice.store import Call, Charge, ClonedVoice, Store, StoredFile

__all__ = ["Call", "Charge", "Fault", "StandIn"]

log = logging.getLogger("voicestudio.practice")

CALL_NAMES = {*ROUTES.values(), "audio", "example"}
MEDIA_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".opus": "audio/ogg",
    ".json": "application/json",
}
STOP_SECONDS = 0.4


class _Server(ThreadingHTTPServer):
    address_family = socket.AF_INET
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without the DNS lookup of the own name that HTTPServer makes."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log errors of the stand-in; broken connections are normal."""
        error = sys.exception()
        if not isinstance(error, OSError):
            log.error("the stand-in failed to handle a connection", exc_info=error)


class StandIn:
    """A stand-in for the MiniMax API on a local port.

    `port` 0 takes a free one; `folder` keeps files and voices over restarts, without it they are
    deleted at the end; `delay` is the duration in seconds of cloning and speech; `clone_rpm`
    limits the clone calls within a minute. Raises OSError when the port is in use.
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
        self.max_calls = 10_000
        self.connections: set[socket.socket] = set()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._request_host = threading.local()
        self._temporary = None if folder else _temporary_folder()
        if self._temporary:
            folder = Path(self._temporary.name)
        assert folder is not None
        try:
            handler = type("StandInHandler", (RequestHandler,), {"stand_in": self})
            self._server = _Server((host, port), handler)
        except BaseException:
            if self._temporary:
                self._temporary.cleanup()
            raise
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_sender.setblocking(False)
        self.store = Store(folder, persistent=self._temporary is None)
        self.file_calls = FileCalls(self.store)
        self.provider = Provider(self.store, self.file_calls)
        self.rehearsal = Rehearsal()
        self.provider.clone_rpm = clone_rpm
        self.provider.link = self._audio_url

    @property
    def host(self) -> str:
        """The address that it listens on."""
        return str(self._server.server_address[0])

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL without a trailing slash."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def files(self) -> dict[int, StoredFile]:
        """The uploaded files by file_id."""
        return self.store.files

    @property
    def voices(self) -> dict[str, ClonedVoice]:
        """The cloned voices by voice_id."""
        return self.store.voices

    @property
    def bill(self) -> list[Charge]:
        """The charges so far, oldest first; not kept over restarts."""
        return self.store.bill

    def calls_of(self, name: str) -> list[Call]:
        """Return the recorded calls of one name, oldest first."""
        return [call for call in self.calls if call.name == name]

    def script(self, name: str, fault: Fault) -> None:
        """Let the next call of that name fail; faults of one name queue up."""
        if name not in CALL_NAMES:
            raise ValueError(f"no call is named {name}")
        with self._lock:
            self._faults[name].append(fault)

    def start(self) -> Self:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve_forever, name="stand-in", daemon=True)
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve until stop() is called; the speech library is loaded in the background."""
        threading.Thread(target=_load_speech, name="stand-in-load-speech", daemon=True).start()
        self._server.timeout = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._wake_receiver, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select():
                    if key.fileobj is self._server and not self._stopping.is_set():
                        self._server.handle_request()

    @property
    def wakeup_fd(self) -> int:
        """The file descriptor for signal.set_wakeup_fd(), which wakes serve_forever().

        Python runs signal handlers only between bytecodes: without it, a signal that arrives just
        before select() would be handled with the next connection, or never.
        """
        return self._wake_sender.fileno()

    def request_stop(self) -> None:
        """Let serve_forever() return; safe in a signal handler."""
        self._stopping.set()
        with contextlib.suppress(BlockingIOError):  # full: already awake
            self._wake_sender.send(b"\0")

    def stop(self) -> None:
        """Stop serving, close open connections and delete a temporary folder."""
        if self._wake_sender.fileno() < 0:
            return
        self.request_stop()
        if self._thread:
            self._thread.join(STOP_SECONDS)
        self._server.server_close()
        deadline = time.monotonic() + STOP_SECONDS
        while self.connections and time.monotonic() < deadline:
            for connection in list(self.connections):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # already closed
            time.sleep(0.005)
        self.file_calls.close()
        self._wake_sender.close()
        self._wake_receiver.close()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def sleep(self, seconds: float) -> bool:
        """Wait until the time is over or stop() is called; return whether it was."""
        return self._stopping.wait(seconds) if seconds > 0 else self._stopping.is_set()

    def record(self, call: Call) -> None:
        """Record a call for inspection by tests."""
        with self._lock:
            self.calls.append(call)
            del self.calls[: -self.max_calls]

    def next_fault(self, call: Call) -> Fault | None:
        """Return the scripted or rehearsed fault of this call, if any."""
        with self._lock:
            if self._faults[call.name]:
                return self._faults[call.name].popleft()
        return self.rehearsal.fault(call) if call.name == "voice_clone" else None

    def serve(self, call: Call, form: Form | None, trace_id: str) -> Response:
        """Carry out a call and return its response; raises Refusal."""
        if call.path in ("/practice", "/practice/") and call.method in ("GET", "HEAD"):
            return Response(200, b"Practice mode: no real voice is cloned.\n", "text/plain")
        if not call.name:
            return NOT_FOUND
        if call.name == "audio":
            return self._audio(call)
        if call.name == "example":
            voice = call.query.get("voice", "1")
            if voice not in map(str, SPEAKERS):
                return NOT_FOUND
            data = example(int(voice), self.store.folder)
            return apply_range(Response(200, data, "audio/wav"), call.headers.get("Range"))
        self._request_host.value = call.headers.get("Host") or ""
        self._authenticate(call)
        if call.name == "t2a_v2":
            return self._speak(call, trace_id)
        return Response.from_json(self._provide(call, form))

    def _speak(self, call: Call, trace_id: str) -> Response:
        params = parse_speech(_json_object(call))
        self.sleep(self.delay)
        answer = self.provider.t2a_v2(params, trace_id=trace_id)
        if not params.stream:
            return Response.from_json(answer)
        return Response(200, encode_events(answer, aggregate=params.aggregate), EVENT_STREAM)

    def _provide(self, call: Call, form: Form | None) -> dict[str, Any]:
        provider, file_calls = self.provider, self.file_calls
        match call.name:
            case "upload":
                return file_calls.upload(form or Form())
            case "files_list":
                return file_calls.list(call.query)
            case "files_retrieve":
                return file_calls.retrieve(call.query)
        body = _json_object(call)
        match call.name:
            case "files_delete":
                return file_calls.delete(body)
            case "voice_clone":
                self.sleep(self.delay)
                return provider.voice_clone(
                    body,
                    flagged=self.rehearsal.outcome(call) == "flagged",
                    refusal=self.rehearsal.refusal(call),
                )
            case "voice_design":
                self.sleep(self.delay)
                return provider.voice_design(body)
            case "get_voice":
                return provider.get_voice(body)
        return provider.delete_voice(body)

    def _authenticate(self, call: Call) -> None:
        header = call.headers.get("Authorization", "")
        if not header.startswith("Bearer ") or not header.removeprefix("Bearer ").strip():
            raise Refusal(1004)
        if header.removeprefix("Bearer ").strip() != self.api_key:
            raise Refusal(2049)
        if call.query.get("GroupId") == "":
            raise Refusal(1008)

    def _audio(self, call: Call) -> Response:
        path = self.store.folder / "audio" / call.path.rpartition("/")[2]
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return NOT_FOUND
        content_type = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
        response = Response(200, data, content_type)
        return apply_range(response, call.headers.get("Range"))

    def _audio_url(self, name: str) -> str:
        """Return the URL of an audio file, on the host that the client called."""
        host = getattr(self._request_host, "value", "")
        base = f"http://{host}" if HOST_HEADER.fullmatch(host) else self.url
        return f"{base}/practice/audio/{name}"


def _json_object(call: Call) -> dict[str, Any]:
    """Return the body without nulls; raises Refusal when it is not a JSON object."""
    if not isinstance(call.json, dict):
        raise invalid_params("the body must be a JSON object")
    return dict(drop_nulls(call.json))


def _temporary_folder() -> "tempfile.TemporaryDirectory[str]":
    """Create a temporary folder; a request that ends late may still write into it."""
    return tempfile.TemporaryDirectory(prefix="stand-in-", ignore_cleanup_errors=True)


def _load_speech() -> None:
    try:
        espeak.get_engine()
    except espeak.SpeechUnavailable:
        log.info("no speech library: the stand-in plays a melody instead")
