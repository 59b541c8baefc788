"""Practice, HTTP: reads requests and writes responses of one connection."""

import contextlib
import json
import logging
import re
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from voicestudio.practice.faults import Fault, Refusal, base_resp
from voicestudio.practice.request_body import BrokenBody, Form, RequestBody, read_form
from voicestudio.practice.store import Call

if TYPE_CHECKING:
    from voicestudio.practice.server import StandIn

log = logging.getLogger("voicestudio.practice")

MAX_JSON_BYTES = 1024 * 1024
PLAIN = "text/plain; charset=utf-8"
JSON = "application/json; charset=utf-8"
ROUTES = {
    ("POST", "/v1/files/upload"): "upload",
    ("POST", "/v1/files"): "upload",  # some gateways take uploads here
    ("GET", "/v1/files/list"): "files_list",
    ("GET", "/v1/files/retrieve"): "files_retrieve",
    ("POST", "/v1/files/delete"): "files_delete",
    ("POST", "/v1/voice_clone"): "voice_clone",
    ("POST", "/v1/voice_design"): "voice_design",
    ("POST", "/v1/t2a_v2"): "t2a_v2",
    ("POST", "/v1/get_voice"): "get_voice",
    ("POST", "/v1/delete_voice"): "delete_voice",
}
AUDIO_PATH = re.compile(r"/practice/audio/([0-9a-f]{32}\.(mp3|wav|flac|opus|pcm|pcmu|json))")
HOST_HEADER = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")


def call_name(method: str, path: str) -> str:
    """Return the name of the call at a path, with or without a gateway's prefix, or ""."""
    method = "GET" if method == "HEAD" else method
    if method == "GET" and AUDIO_PATH.fullmatch(path):
        return "audio"
    if method == "GET" and path == "/practice/example.wav":
        return "example"
    return ROUTES.get((method, path.removeprefix("/minimax")), "")


@dataclass(frozen=True, slots=True)
class Response:
    """A response to write."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Response":
        """Return a JSON response."""
        return cls(200, json.dumps(body, ensure_ascii=False).encode(errors="replace"))


NOT_FOUND = Response(404, b"404 page not found", PLAIN)


def apply_range(response: Response, range_header: str | None) -> Response:
    """Return the part of a file named by a Range header, all of it if the header is unusable."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (range_header or "").strip())
    size = len(response.body)
    headers = {**response.headers, "Accept-Ranges": "bytes"}
    if not match or match.groups() == ("", ""):
        return Response(response.status, response.body, response.content_type, headers)
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    else:
        start, end = max(0, size - int(last)), size - 1
    if start > end:
        headers["Content-Range"] = f"bytes */{size}"
        return Response(416, b"", PLAIN, headers)
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Response(206, response.body[start : end + 1], response.content_type, headers)


class RequestHandler(BaseHTTPRequestHandler):
    """Passes requests to the stand-in and writes its responses, or fails as a fault says."""

    protocol_version = "HTTP/1.1"
    server_version = "MiniMax-stand-in"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # headers and body are sent together
    rbufsize = 64 * 1024
    stand_in: "StandIn"
    trace_id = ""

    def setup(self) -> None:
        """Register the connection, so that stopping the server can close it."""
        super().setup()
        self.stand_in.connections.add(self.connection)

    def finish(self) -> None:
        """Unregister the connection."""
        try:
            super().finish()
        except OSError:
            pass  # the client has closed the connection
        finally:
            self.stand_in.connections.discard(self.connection)

    def do_GET(self) -> None:
        """Serve any method."""
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: practice mode must not fill a terminal."""

    def send_error(self, code: int, message: str | None = None, _: str | None = None) -> None:
        """Answer a request that is not valid HTTP."""
        self.request_version = self.protocol_version
        self.trace_id = secrets.token_hex(16)
        self.close_connection = True
        self._write(Response(code, (message or "error").encode(), PLAIN))

    def _serve(self) -> None:
        self.trace_id = secrets.token_hex(16)
        parts = urlsplit(self.path)
        name = call_name(self.command, parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            body = RequestBody(self.rfile, self.headers)  # type: ignore[arg-type]
            form, content = self._read(name, body)
        except (BrokenBody, OSError):
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
            bytes=body.bytes_read,
            at=time.time(),
        )
        call = replace(call, fault=self.stand_in.next_fault(call))
        self.stand_in.record(call)
        try:
            self._respond(call, form)
        finally:
            if form:
                form.delete_file()

    def _read(self, name: str, body: RequestBody) -> tuple[Form | None, Any]:
        """Return the form of an upload or the JSON of another call; None if it is neither."""
        if name == "upload":
            folder = self.stand_in.store.folder / "incoming"
            max_bytes = self.stand_in.file_calls.max_bytes
            content_type = self.headers.get("Content-Type", "")
            return read_form(body, content_type, folder, max_bytes=max_bytes), None
        try:
            return None, json.loads(body.read_all(MAX_JSON_BYTES) or b"null")
        except (ValueError, RecursionError):
            return None, None

    def _respond(self, call: Call, form: Form | None) -> None:
        stand_in, fault = self.stand_in, call.fault
        if fault is None:
            self._write(self._call(call, form))
            return
        stand_in.sleep(fault.delay)
        response = self._call(call, form) if fault.does_work else Response.from_json(base_resp())
        if fault.action == "hang":
            self._hang()
        if fault.action in ("drop", "hang"):
            self._close_socket()
            return
        response = self._apply_fault(response, fault)
        if fault.action == "truncate":
            self._write(response, max_bytes=len(response.body) // 2)
            self._close_socket()
            return
        self._write(response)

    def _call(self, call: Call, form: Form | None) -> Response:
        try:
            return self.stand_in.serve(call, form, self.trace_id)
        except Refusal as refusal:
            return Response.from_json(base_resp(refusal.status_code, refusal.status_msg))
        except Exception:
            log.exception("the stand-in could not serve %s %s", call.method, call.path)
            return Response(500, b"the stand-in failed", PLAIN)

    @staticmethod
    def _apply_fault(response: Response, fault: Fault) -> Response:
        """Return the response changed as the fault says."""
        headers = {**response.headers, **fault.headers}
        status = fault.http_status or response.status
        content, media_type = response.body, response.content_type
        if isinstance(fault.body, bytes | str):
            content = fault.body.encode() if isinstance(fault.body, str) else fault.body
            media_type = PLAIN if isinstance(fault.body, str) else "application/octet-stream"
        elif fault.body is not None:
            content, media_type = json.dumps(fault.body).encode(), JSON
        elif fault.status_code is not None:
            error = base_resp(fault.status_code, fault.status_msg)
            content, media_type = json.dumps(error).encode(), JSON
        elif fault.http_status is not None and not fault.does_work:
            content, media_type = f"{fault.http_status} from the stand-in".encode(), PLAIN
        for name in list(headers):
            if name.lower() == "content-type":
                media_type = headers.pop(name)
        return Response(status, content, media_type, headers)

    def _write(self, response: Response, *, max_bytes: int | None = None) -> None:
        try:
            self.send_response(response.status)
            self.send_header("Trace-Id", self.trace_id)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body[:max_bytes])
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the client no longer waits

    def _close_socket(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may have closed it first
            self.connection.shutdown(socket.SHUT_RDWR)

    def _hang(self) -> None:
        """Wait until the client closes the connection or the stand-in stops."""
        self.connection.setblocking(False)
        while not self.stand_in.sleep(0.02):
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except BlockingIOError:
                continue
            except OSError:
                return
