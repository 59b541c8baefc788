"""Audio, doctor: a steady hum of the mains, told from a deep voice by never stopping."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .growing import Growing, level, loud
from .voice import RATE, Voice, Windows

_DOWN: Final = 16
_SLOW: Final = RATE // _DOWN  # 1 kHz: the harmonics that are heard as hum lie below 500 Hz
_SIZE: Final = 1000  # 1 s: one bin is 1 Hz wide
_STEP: Final = 500
_LINES: Final = 8
MAINS: Final = (50, 60)  # Hz
_QUIET: Final = 20.0  # per cent of the windows: between the words, where a voice is silent
_AROUND: Final = np.array([-9, -8, -7, -6, -5, 5, 6, 7, 8, 9])  # bins that show the sound beside
_STANDS_OUT_DB: Final = 12.0
_COLUMNS: Final = 2 * _LINES  # of each mains frequency: the line and what is beside it

_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
# A sine that falls between bins spreads over three; their sum, so scaled, is its mean square.
_SCALE: Final = 2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum()))


class Hum:
    """Lines of both mains frequencies and their surroundings, twice a second."""

    def __init__(self) -> None:
        self._windows = Windows(_SIZE, _STEP)
        self._odd: Voice = np.empty(0, np.float32)
        self._rows = {mains: Growing(_COLUMNS, np.uint8) for mains in MAINS}

    def add(self, voice: Voice) -> None:
        """Take in samples at 16 kHz."""
        joined = np.concatenate([self._odd, voice])
        whole = len(joined) // _DOWN * _DOWN
        self._odd = joined[whole:].copy()
        slow = joined[:whole].reshape(-1, _DOWN).mean(axis=1, dtype=np.float32)
        windows = self._windows.add(slow)
        if not len(windows):
            return
        spectra = np.fft.rfft(windows * _WINDOW, axis=1)
        power = (spectra.real**2 + spectra.imag**2) * _SCALE
        for mains, rows in self._rows.items():
            rows.append(_lines(power, mains))

    def found(self, start: int = 0, end: int | None = None) -> tuple[int, float]:
        """The mains frequency (Hz; 0 for none) and the level of its hum (dBFS) in these rows.

        A line counts if, in the quietest fifth of the time, it stands out above what is beside it.
        Two lines must do so, or one that stands far out.
        """
        best = (0, -127.0)
        for mains, grown in self._rows.items():
            rows = grown.rows[start:end]
            if len(rows) < 4:
                continue
            place = int(len(rows) * _QUIET / 100)
            quiet = level(np.partition(rows, place, axis=0)[place])
            lines, beside = quiet[:_LINES], quiet[_LINES:]
            out = lines - beside
            standing = out > _STANDS_OUT_DB
            if standing.sum() < 2 and not out[:2].max() > 2 * _STANDS_OUT_DB:
                continue
            total = float(10 * np.log10((10 ** (lines[standing] / 10)).sum()))
            if total > best[1]:
                best = (mains, total)
        return best

    @property
    def count(self) -> int:
        """Rows so far; each stands for half a second."""
        return len(self._rows[50].rows)


def _lines(power: NDArray[np.floating], mains: int) -> NDArray[np.uint8]:
    """Levels of the harmonics, then of what is beside each, packed."""
    rows = np.empty((len(power), _COLUMNS), np.float32)
    for number in range(_LINES):
        bin_ = mains * (number + 1)
        rows[:, number] = power[:, bin_ - 1 : bin_ + 2].sum(axis=1)
        # The other mains' lines are 10 Hz away or more.
        rows[:, _LINES + number] = 3 * np.median(power[:, bin_ + _AROUND], axis=1)
    return loud(10 * np.log10(rows + np.float32(1e-13)))
