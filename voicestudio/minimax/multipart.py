"""MiniMax: the body of an upload, read from disk while it is sent."""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from .wire import BLOCK

_ESCAPES: Final = {'"': "%22", "\r": "%0D", "\n": "%0A"}  # as browsers send them


class Multipart:
    """A `multipart/form-data` body of known length: some fields, then one file named `file`.

    requests' own multipart holds the whole file in memory, more than once.
    """

    def __init__(
        self, fields: Mapping[str, str], file: BinaryIO, *, filename: str, size: int
    ) -> None:
        """`file` stands at its first byte and gives `size` bytes."""
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{quoted(filename)}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        self._before = head.encode("utf-8", "replace")
        self._after = f"\r\n--{boundary}--\r\n".encode()
        self._file = file
        self._left = size
        self._length = len(self._before) + size + len(self._after)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block

    def read(self, size: int = BLOCK) -> bytes:
        """The next block, at most `size` bytes; empty at the end.

        Raises OSError when the file has become shorter: what was announced can no longer be sent.
        """
        size = BLOCK if size <= 0 else size
        if self._before:
            block, self._before = self._before[:size], self._before[size:]
            return block
        if self._left:
            block = self._file.read(min(size, self._left))
            if not block:
                raise OSError("the file became shorter while it was sent")
            self._left -= len(block)
            return block
        block, self._after = self._after[:size], self._after[size:]
        return block


def quoted(filename: str) -> str:
    """A file name that can stand between quotes: no path, no control characters."""
    name = "".join(_ESCAPES.get(letter, letter) for letter in filename)
    return re.sub(r"[\x00-\x1f\x7f/\\]", "_", name)
