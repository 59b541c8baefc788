"""Practice, multipart: form uploads read in blocks, so that memory does not grow with the file."""

import os
import tempfile
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import BinaryIO, Protocol

BLOCK = 256 * 1024
MOST_HEADER_BYTES = 16 * 1024
MOST_FIELD_BYTES = 64 * 1024


class Malformed(Exception):  # noqa: N818
    """The body is not what its headers promise."""


class Readable(Protocol):
    """A request's body."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes, empty at the end."""


class Body:
    """A request's body of stated length or in chunks; counts what it hands out."""

    def __init__(self, source: BinaryIO, headers: Message) -> None:
        self._source = source
        self._chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        try:
            self._left = int(headers.get("Content-Length") or 0)
        except ValueError as error:
            raise Malformed("Content-Length is not a number") from error
        self._over = not self._chunked and self._left <= 0
        self._begun = False
        self.count = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes, empty at the end; Malformed when the connection ends early."""
        if self._chunked and self._left == 0 and not self._over:
            self._next_chunk()
        if self._over:
            return b""
        data = self._source.read(min(size, self._left))
        if not data:
            raise Malformed("the body ends early")
        self._left -= len(data)
        self.count += len(data)
        self._over = not self._chunked and self._left == 0
        return data

    def _next_chunk(self) -> None:
        if self._begun:
            self._source.readline(8)
        self._begun = True
        try:
            self._left = int(self._source.readline(64).split(b";")[0], 16)
        except ValueError as error:
            raise Malformed("a chunk has no length") from error
        if self._left == 0:
            self._over = True
            while self._source.readline(MOST_HEADER_BYTES) not in (b"\r\n", b"\n", b""):
                pass

    def whole(self, most: int) -> bytes:
        """The whole body; what stands beyond `most` bytes is read and thrown away."""
        parts: list[bytes] = []
        while data := self.read(BLOCK):
            if self.count <= most:
                parts.append(data)
        return b"".join(parts)

    def drain(self) -> None:
        """Read to the end, so that the connection can be used again."""
        while self.read(BLOCK):
            pass


@dataclass(slots=True)
class Form:
    """A form as it arrived; the file's bytes stand at `path`, or nowhere if it was too large."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    path: Path | None = None
    size: int = 0


def read_form(body: Readable, content_type: str, folder: Path, *, most: int) -> Form:
    """Read a multipart form, the part named "file" into `folder`, at most `most` bytes of it."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise Malformed("the body is not multipart/form-data")
    form = Form()
    try:
        _read_parts(body, b"\r\n--" + boundary.encode(), form, folder, most)
    except BaseException:
        if form.path:
            form.path.unlink(missing_ok=True)
        raise
    return form


def _read_parts(body: Readable, mark: bytes, form: Form, folder: Path, most: int) -> None:
    buffer = bytearray(b"\r\n")  # so that the first boundary looks like all others

    def fill() -> None:
        data = body.read(BLOCK)
        if not data:
            raise Malformed("the last boundary is missing")
        buffer.extend(data)

    def until(end: bytes, sink: "_Sink") -> None:
        """Move the bytes before `end` into the sink and drop `end` itself."""
        searched = 0
        while (at := buffer.find(end, searched)) < 0:
            keep = len(end) - 1
            if len(buffer) > keep:
                sink.write(memoryview(buffer)[: len(buffer) - keep].tobytes())
                del buffer[: len(buffer) - keep]
            searched = 0
            fill()
        sink.write(bytes(buffer[:at]))
        del buffer[: at + len(end)]

    until(mark, _Sink(0))
    while True:
        while len(buffer) < 2:
            fill()
        if buffer[:2] == b"--":
            while body.read(BLOCK):
                pass
            return
        head = _Sink(MOST_HEADER_BYTES)
        until(b"\r\n\r\n", head)
        name, filename = _named(head.value)
        if name == "file" and filename is not None and form.filename is None:
            handle, path = tempfile.mkstemp(dir=folder)
            form.filename, form.path = filename, Path(path)
            with os.fdopen(handle, "wb") as target:
                content = _Sink(most, target)
                until(mark, content)
            form.size = content.count
        else:
            content = _Sink(MOST_FIELD_BYTES)
            until(mark, content)
            form.fields[name] = content.value.decode(errors="replace")


class _Sink:
    """Takes bytes and counts them all, but keeps at most `most` of them."""

    def __init__(self, most: int, target: BinaryIO | None = None) -> None:
        self.count = 0
        self.value = b""
        self._most = most
        self._target = target

    def write(self, data: bytes) -> None:
        self.count += len(data)
        if self.count > self._most:
            return
        if self._target:
            self._target.write(data)
        else:
            self.value += data


def _named(head: bytes) -> tuple[str, str | None]:
    """The name and the file name that a part's headers give."""
    for line in head.decode(errors="replace").split("\r\n"):
        label, _, value = line.partition(":")
        if label.strip().lower() == "content-disposition":
            part = Message()
            part["Content-Disposition"] = value.strip()
            name = part.get_param("name", "", header="content-disposition")
            return (name if isinstance(name, str) else name[2]), part.get_filename()
    return "", None
