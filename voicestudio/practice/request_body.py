"""Practice, request body: reads JSON and multipart uploads in blocks, with bounded memory."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

BLOCK_BYTES = 256 * 1024
MAX_TRAILER_BYTES = 16 * 1024
MAX_FIELD_BYTES = 64 * 1024
MAX_PARTS = 32


class BrokenBody(Exception):  # noqa: N818
    """The body ends early or is not framed as its headers say: the connection is of no more use."""


class RequestBody:
    """A body with Content-Length or in chunks; `bytes_read` counts its content."""

    def __init__(self, source: BinaryIO, headers: Message) -> None:
        self._source = source
        self._chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        try:
            self._remaining = int(headers.get("Content-Length") or 0)
        except ValueError as error:
            raise BrokenBody("Content-Length is not a number") from error
        self._ended = not self._chunked and self._remaining <= 0
        self._first_chunk = True
        self.bytes_read = 0

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """Return at most `size` bytes, empty at the end; raises BrokenBody."""
        if self._chunked and self._remaining == 0 and not self._ended:
            self._read_chunk_size()
        if self._ended:
            return b""
        data = self._source.read(min(size, self._remaining))
        if not data:
            raise BrokenBody("the body ends early")
        self._remaining -= len(data)
        self.bytes_read += len(data)
        self._ended = not self._chunked and self._remaining == 0
        return data

    def _read_chunk_size(self) -> None:
        if not self._first_chunk:
            self._source.readline(8)
        self._first_chunk = False
        try:
            self._remaining = int(self._source.readline(64).split(b";")[0], 16)
        except ValueError as error:
            raise BrokenBody("a chunk has no length") from error
        if self._remaining == 0:
            self._ended = True
            while self._source.readline(MAX_TRAILER_BYTES) not in (b"\r\n", b"\n", b""):
                pass

    def read_all(self, max_bytes: int) -> bytes:
        """Read to the end and return the blocks up to `max_bytes`."""
        parts: list[bytes] = []
        while data := self.read():
            if self.bytes_read <= max_bytes:
                parts.append(data)
        return b"".join(parts)

    def drain(self) -> None:
        """Read to the end, so that the connection can be used again."""
        while self.read():
            pass


@dataclass(slots=True)
class Form:
    """A parsed upload. `path` holds at most the allowed bytes of the file, `size` counts all.

    `problem` says why the body could not be parsed.
    """

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    path: Path | None = None
    size: int = 0
    problem: str = ""

    def delete_file(self) -> None:
        """Delete the file unless it was moved."""
        if self.path:
            self.path.unlink(missing_ok=True)


def read_form(body: RequestBody, content_type: str, folder: Path, *, max_bytes: int) -> Form:
    """Read a multipart form to its end; the part named "file" goes to a file in `folder`.

    A malformed form comes back with `problem` set and without a file; raises BrokenBody.
    """
    form = Form()
    try:
        _parse_form(form, body, content_type, folder, max_bytes)
        body.drain()
    except MultipartError as error:
        form.delete_file()
        body.drain()
        return Form(problem=str(error))
    except BaseException:
        form.delete_file()
        raise
    return form


def _parse_form(
    form: Form, body: RequestBody, content_type: str, folder: Path, max_bytes: int
) -> None:
    media_type, options = parse_options_header(content_type)
    if media_type != "multipart/form-data" or "boundary" not in options:
        raise MultipartError("the body is not multipart/form-data")
    parser = PushMultipartParser(options["boundary"], max_segment_count=MAX_PARTS)
    name, value = "", bytearray()
    file: IO[bytes] | None = None
    with ExitStack() as stack:
        for event in parser.parse_blocking(body.read, BLOCK_BYTES):
            if isinstance(event, MultipartSegment):
                name, value, file = event.name, bytearray(), None
                if name == "file" and event.filename is not None and form.filename is None:
                    file = stack.enter_context(NamedTemporaryFile(dir=folder, delete=False))
                    form.filename, form.path = event.filename, Path(file.name)
            elif event is None:  # the end of a part
                if file is None:
                    form.fields[name] = value.decode(errors="replace")
            elif file is None:
                value += event[: MAX_FIELD_BYTES - len(value)]
            else:
                form.size += len(event)
                if form.size <= max_bytes:
                    file.write(event)
