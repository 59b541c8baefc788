"""Audio: arrays that grow while a recording is decoded, and levels packed into bytes."""

import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_FIRST_ROWS: Final = 1024


class GrowableArray:
    """Rows of one shape and type, appended block by block.

    They lie in anonymous memory maps. A page takes memory only when it is written, so there can be
    room for twice as many rows as needed; and a map that became too small is given back to the
    system, while in the heap it would leave a hole.
    """

    def __init__(self, columns: int, kind: type[np.generic]) -> None:
        self._rows = _allocate(_FIRST_ROWS, columns, np.dtype(kind))
        self._count = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add (count, columns)."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            columns, kind = self._rows.shape[1], self._rows.dtype
            larger = _allocate(max(needed, 2 * self._count), columns, kind)
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger
        self._rows[self._count : needed] = rows
        self._count = needed

    @property
    def rows(self) -> NDArray[Any]:
        """All rows so far: (count, columns)."""
        return self._rows[: self._count]


def _allocate(count: int, columns: int, kind: np.dtype[Any]) -> NDArray[Any]:
    pages = mmap.mmap(-1, count * columns * kind.itemsize)
    return np.frombuffer(pages, kind).reshape(count, columns)


def pack_db(level_db: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Levels (dB) as bytes in steps of 0.5 dB: 0 for -127.5 dB and below, 255 for 0 dB."""
    return np.clip(np.rint(level_db * 2 + 255), 0, 255).astype(np.uint8)


def unpack_db(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The levels (dB) from `pack_db`."""
    return packed.astype(np.float32) / np.float32(2) - np.float32(127.5)
