"""Audio, doctor: arrays that grow while a recording is heard, at few bytes a row."""

from __future__ import annotations

import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_FIRST: Final = 1024  # rows


class Growing:
    """Rows of one shape and type, appended block by block.

    They lie in pages of their own. A page takes memory only when something is written to it, so
    that there may be room for twice as many rows as there are; and where the rows have outgrown
    their pages, these are given back, while in the heap they would leave holes.
    """

    def __init__(self, columns: int, kind: type[np.generic]) -> None:
        self._rows = _pages(_FIRST, columns, np.dtype(kind))
        self._count = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add (count, columns)."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            larger = _pages(max(needed, 2 * self._count), self._rows.shape[1], self._rows.dtype)
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger
        self._rows[self._count : needed] = rows
        self._count = needed

    @property
    def rows(self) -> NDArray[Any]:
        """All rows so far: (count, columns)."""
        return self._rows[: self._count]


def _pages(count: int, columns: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Room for (count, columns), straight from the system."""
    pages = mmap.mmap(-1, count * columns * kind.itemsize)
    return np.frombuffer(pages, kind).reshape(count, columns)


def loud(level_db: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Levels (dB) as bytes of half a decibel, 0 for -127.5 dB and below, 255 for 0 dB."""
    return np.clip(np.rint(level_db * 2 + 255), 0, 255).astype(np.uint8)


def level(loud: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The levels (dB) that `loud` has packed."""
    return loud.astype(np.float32) / np.float32(2) - np.float32(127.5)
