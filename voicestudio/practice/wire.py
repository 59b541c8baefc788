"""Practice, wire: HTTP/1.1 in and out, for one connection."""

import contextlib
import json
import logging
import re
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from voicestudio.practice.faults import Fault, Refusal, base_resp
from voicestudio.practice.ledger import Call
from voicestudio.practice.multipart import Body, Form, Malformed, read_form

if TYPE_CHECKING:
    from voicestudio.practice.server import StandIn

log = logging.getLogger("voicestudio.practice")

MOST_JSON_BYTES = 1024 * 1024
PLAIN = "text/plain; charset=utf-8"
JSON = "application/json; charset=utf-8"
ROUTES = {
    ("POST", "/v1/files/upload"): "upload",
    ("POST", "/v1/files"): "upload",  # some gateways take uploads here
    ("GET", "/v1/files/list"): "files_list",
    ("GET", "/v1/files/retrieve"): "files_retrieve",
    ("POST", "/v1/files/delete"): "files_delete",
    ("POST", "/v1/voice_clone"): "voice_clone",
    ("POST", "/v1/t2a_v2"): "t2a_v2",
    ("POST", "/v1/get_voice"): "get_voice",
    ("POST", "/v1/delete_voice"): "delete_voice",
}
AUDIO = re.compile(r"/practice/audio/([0-9a-f]{32}\.(mp3|wav|flac|pcm))")
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")


def call_name(method: str, path: str) -> str:
    """The name of the call at a path, with or without the gateway's prefix; "" for no call."""
    method = "GET" if method == "HEAD" else method
    if method == "GET" and AUDIO.fullmatch(path):
        return "demo"
    if method == "GET" and path == "/practice/example.wav":
        return "example"
    return ROUTES.get((method, path.removeprefix("/minimax")), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, body: Mapping[str, Any], status: int = 200) -> "Answer":
        """A JSON answer."""
        return cls(status, json.dumps(body, ensure_ascii=False).encode(errors="replace"))


NOT_FOUND = Answer(404, b"404 page not found", PLAIN)


def ranged(answer: Answer, wish: str | None) -> Answer:
    """The part of a file that a Range header asks for, the whole of it if that makes no sense."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", (wish or "").strip())
    size = len(answer.body)
    headers = {**answer.headers, "Accept-Ranges": "bytes"}
    if not found or found.groups() == ("", ""):
        return Answer(answer.status, answer.body, answer.content_type, headers)
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    else:
        start, end = max(0, size - int(last)), size - 1
    if start > end:
        headers["Content-Range"] = f"bytes */{size}"
        return Answer(416, b"", PLAIN, headers)
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Answer(206, answer.body[start : end + 1], answer.content_type, headers)


class Wire(BaseHTTPRequestHandler):
    """Reads a request, lets the stand-in serve it, and writes the answer, or fails as ordered."""

    protocol_version = "HTTP/1.1"
    server_version = "MiniMax-stand-in"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # head and body leave in one piece
    rbufsize = 64 * 1024
    stand_in: "StandIn"
    trace_id = ""

    def setup(self) -> None:
        """Remember the connection, so that it can be ended with the server."""
        super().setup()
        self.stand_in.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        try:
            super().finish()
        except OSError:
            pass  # the other side is gone already
        finally:
            self.stand_in.connections.discard(self.connection)

    def do_GET(self) -> None:
        """Serve a GET."""
        self._serve()

    def do_POST(self) -> None:
        """Serve a POST."""
        self._serve()

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: practice must not fill a terminal."""

    def send_error(self, code: int, message: str | None = None, _: str | None = None) -> None:
        """Answer what is not HTTP as if it were."""
        self.request_version = self.protocol_version
        self.trace_id = secrets.token_hex(16)
        self.close_connection = True
        self._write(Answer(code, (message or "error").encode(), PLAIN))

    def _serve(self) -> None:
        self.trace_id = secrets.token_hex(16)
        parts = urlsplit(self.path)
        name = call_name(self.command, parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            body = Body(self.rfile, self.headers)  # type: ignore[arg-type]
            form, content = self._read(name, body)
        except (Malformed, OSError):
            self.close_connection = True
            return
        call = Call(
            name=name,
            method=self.command,
            path=parts.path,
            query=query,
            headers=self.headers,
            json=content,
            fields=dict(form.fields) if form else {},
            bytes=body.count,
            at=time.time(),
        )
        self.stand_in.record(call)
        try:
            self._respond(call, form)
        finally:
            if form and form.path:
                form.path.unlink(missing_ok=True)

    def _read(self, name: str, body: Body) -> tuple[Form | None, Any]:
        """The request's form (uploads) or its JSON; None for what is neither."""
        if name == "upload":
            try:
                return self._read_form(body), None
            except Malformed:
                body.drain()
                return Form(), None
        try:
            return None, json.loads(body.whole(MOST_JSON_BYTES) or b"null")
        except (ValueError, RecursionError):
            return None, None

    def _read_form(self, body: Body) -> Form:
        stand_in = self.stand_in
        return read_form(
            body,
            self.headers.get("Content-Type", ""),
            stand_in.ledger.folder / "incoming",
            most=stand_in.shelf.max_bytes,
        )

    def _respond(self, call: Call, form: Form | None) -> None:
        stand_in = self.stand_in
        fault = stand_in.next_fault(call)
        if fault is None:
            self._write(self._work(call, form))
            return
        stand_in.sleep(fault.delay)
        answer = self._work(call, form) if fault.works else Answer.of_json(base_resp())
        if fault.action == "hang":
            self._hang()
        if fault.action in ("drop", "hang"):
            self._break_off()
            return
        answer = self._replaced(answer, fault)
        if fault.action == "truncate":
            self._write(answer, sent=len(answer.body) // 2)
            self._break_off()
            return
        self._write(answer)

    def _work(self, call: Call, form: Form | None) -> Answer:
        try:
            return self.stand_in.serve(call, form, self.trace_id)
        except Refusal as refusal:
            return Answer.of_json(base_resp(refusal.status_code, refusal.status_msg))
        except Exception:
            log.exception("the stand-in could not serve %s %s", call.method, call.path)
            return Answer(500, b"the stand-in has a fault of its own", PLAIN)

    @staticmethod
    def _replaced(answer: Answer, fault: Fault) -> Answer:
        """The answer as the fault wants it."""
        headers = {**answer.headers, **fault.headers}
        status = fault.http_status or answer.status
        content, kind = answer.body, answer.content_type
        if isinstance(fault.body, bytes | str):
            content = fault.body.encode() if isinstance(fault.body, str) else fault.body
            kind = PLAIN if isinstance(fault.body, str) else "application/octet-stream"
        elif fault.body is not None:
            content, kind = json.dumps(fault.body).encode(), JSON
        elif fault.status_code is not None:
            told = base_resp(fault.status_code, fault.status_msg)
            content, kind = json.dumps(told).encode(), JSON
        elif fault.http_status is not None and not fault.works:
            content, kind = f"{fault.http_status} from the stand-in".encode(), PLAIN
        for name in list(headers):
            if name.lower() == "content-type":
                kind = headers.pop(name)
        return Answer(status, content, kind, headers)

    def _write(self, answer: Answer, *, sent: int | None = None) -> None:
        try:
            self.send_response(answer.status)
            self.send_header("Trace-Id", self.trace_id)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[:sent])
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # nobody is waiting for the answer any more

    def _break_off(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the other side may have been quicker
            self.connection.shutdown(socket.SHUT_RDWR)

    def _hang(self) -> None:
        """Wait until the other side gives up or the stand-in stops."""
        self.connection.setblocking(False)
        while not self.stand_in.sleep(0.02):
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except BlockingIOError:
                continue
            except OSError:
                return
