"""Audio, doctor: a steady hum of the mains, told from a deep voice by never stopping."""

from __future__ import annotations

from dataclasses import dataclass
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
_ROOM_HZ: Final = 95  # from here on a hum counts as noise of the room, too
_COLUMNS: Final = 2 * _LINES  # of each mains frequency: the line and what is beside it

_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
# A sine that falls between bins spreads over three; their sum, so scaled, is its mean square.
_SCALE: Final = 2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum()))


@dataclass(frozen=True, slots=True)
class Mains:
    """Mains frequency (Hz; 0 for no hum), level of all lines and of those above 95 Hz (dBFS)."""

    mains_hz: int = 0
    level_db: float = -127.0
    upper_db: float = -127.0


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

    def found(self, start: int = 0, end: int | None = None) -> Mains:
        """The hum in these rows.

        A line counts if, in the quietest fifth of the time, it stands out above what is beside it.
        Two lines must do so, or one that stands far out.
        """
        best = Mains()
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
            powers = np.where(standing, 10 ** (lines.astype(np.float64) / 10), 0)
            upper = powers[[mains * (number + 1) > _ROOM_HZ for number in range(_LINES)]].sum()
            total = float(10 * np.log10(powers.sum()))
            if total > best.level_db:
                best = Mains(mains, total, float(10 * np.log10(upper + 1e-13)))
        return best

    @property
    def count(self) -> int:
        """Rows so far; each stands for half a second."""
        return len(self._rows[50].rows)


def _lines(power: NDArray[np.floating], mains: int) -> NDArray[np.uint8]:
    """Levels of the harmonics, then of what is beside each, packed."""
    rows = np.empty((len(power), _COLUMNS), np.float32)
    bins = mains * np.arange(1, _LINES + 1)
    rows[:, :_LINES] = power[:, bins - 1] + power[:, bins] + power[:, bins + 1]
    # The other mains' lines are 10 Hz away or more. The sixth and fifth of ten are the median.
    beside = np.partition(power[:, bins[:, None] + _AROUND], (4, 5), axis=2)
    rows[:, _LINES:] = 1.5 * (beside[:, :, 4] + beside[:, :, 5])
    return loud(10 * np.log10(rows + np.float32(1e-13)))
