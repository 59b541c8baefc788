"""Audio, doctor: arrays that grow while a recording is heard, at few bytes a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Growing:
    """Rows of one shape and type, appended block by block."""

    def __init__(self, columns: int, kind: type[np.generic]) -> None:
        self._rows: NDArray[Any] = np.zeros((1024, columns), kind)
        self._count = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add (count, columns)."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            larger = np.zeros((needed + needed // 5, self._rows.shape[1]), self._rows.dtype)
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger
        self._rows[self._count : needed] = rows
        self._count = needed

    @property
    def rows(self) -> NDArray[Any]:
        """All rows so far: (count, columns)."""
        return self._rows[: self._count]


def loud(level_db: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Levels (dB) as bytes of half a decibel, 0 for -127.5 dB and below, 255 for 0 dB."""
    return np.clip(np.rint(level_db * 2 + 255), 0, 255).astype(np.uint8)


def level(loud: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The levels (dB) that `loud` has packed."""
    return loud.astype(np.float32) / np.float32(2) - np.float32(127.5)
