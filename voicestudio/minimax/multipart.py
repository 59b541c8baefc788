"""MiniMax: streams the body of an upload from disk.

requests and urllib3 hold the whole file in memory; `MultipartEncoder` of requests-toolbelt streams,
but has had no release since 2023. urllib3 writes the framing here, only the streaming is ours.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from urllib3.filepost import choose_boundary, encode_multipart_formdata

from .transport import UPLOAD_BLOCK_BYTES


class MultipartBody:
    """A `multipart/form-data` body of known length: some fields, then one file named `file`."""

    def __init__(
        self, fields: Mapping[str, str], file: BinaryIO, *, filename: str, size: int
    ) -> None:
        """`file` is at its first byte and has `size` bytes."""
        boundary = choose_boundary()
        file_field = (safe_filename(filename), b"", "application/octet-stream")
        empty, self.content_type = encode_multipart_formdata(
            [*fields.items(), ("file", file_field)], boundary
        )
        self._end = f"\r\n--{boundary}--\r\n".encode()
        self._start = empty.removesuffix(self._end)
        self._file = file
        self._size = size

    def __len__(self) -> int:
        return len(self._start) + self._size + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in blocks; raises OSError when the file has become shorter."""
        yield self._start
        remaining = self._size
        while remaining:
            block = self._file.read(min(UPLOAD_BLOCK_BYTES, remaining))
            if not block:
                raise OSError("the file became shorter while it was sent")
            remaining -= len(block)
            yield block
        yield self._end


def safe_filename(filename: str) -> str:
    """Return a file name without path or control characters; urllib3 escapes quotes and CR LF."""
    encodable = filename.encode("utf-8", "replace").decode()
    return re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f/\\]", "_", encodable)
