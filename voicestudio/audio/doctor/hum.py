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
_SIZE: Final = 8192  # 8 s: the mains keep their beat so long, no voice does
_STEP: Final = 4096
STEP_S: Final = _STEP / _SLOW
_LINES: Final = 8
MAINS: Final = (50, 60)  # Hz
_WANDERS: Final = 0.004  # of the frequency, between one power station and another
_BESIDE_HZ: Final = (1.5, 6.0)  # the other mains' lines are 10 Hz away or more
_QUIET: Final = 0.25  # of the windows: in three of four a line must stand out
_STANDS_OUT_DB: Final = 7.0
_TOGETHER_DB: Final = 15.0  # how far the first four lines stand out, all in all; a voice: 7
_FEW: Final = 3  # windows; in fewer, chance has more to say
_TOGETHER_IN_FEW_DB: Final = 30.0
_COLUMNS: Final = 2 * _LINES  # of each mains frequency: the line and what is beside it

_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
# A sine that falls between bins spreads over a few; their sum, so scaled, is its mean square.
_SCALE: Final = 2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum()))


@dataclass(frozen=True, slots=True)
class Mains:
    """Mains frequency (Hz; 0 for no hum) and the level of all its lines (dBFS).

    `stands_out_db`: how far the clearest of the first four lines stands out above what is beside.
    """

    mains_hz: int = 0
    level_db: float = -127.0
    stands_out_db: float = 0.0


class Hum:
    """Lines of both mains frequencies and their surroundings, every four seconds."""

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
        self._take(self._windows.add(slow))

    def rest(self) -> None:
        """The end of the recording; one that is shorter than a window is heard only now."""
        if not self.count:
            self._take(self._windows.rest())

    def _take(self, windows: NDArray[np.float32]) -> None:
        if not len(windows):
            return
        spectra = np.fft.rfft(windows * _WINDOW, axis=1)
        power = (spectra.real**2 + spectra.imag**2) * _SCALE
        for mains, rows in self._rows.items():
            rows.append(_lines(power, mains))

    def found(self, start: int = 0, end: int | None = None) -> Mains:
        """The hum in these rows.

        A line counts if it stands out above what is beside it in three windows of four. The first
        four must together stand far out: a voice crosses lines, but it does not stay on them.
        """
        best, furthest = Mains(), 0.0
        for mains, grown in self._rows.items():
            rows = grown.rows[start:end]
            if not len(rows):
                continue
            levels = level(rows)
            place = int((len(rows) - 1) * _QUIET)
            out = np.sort(levels[:, :_LINES] - levels[:, _LINES:], axis=0)[place]
            lines = np.sort(levels[:, :_LINES], axis=0)[place]
            standing = out > _STANDS_OUT_DB
            together = float(np.maximum(out[:4], 0).sum())
            bound = _TOGETHER_DB if len(rows) >= _FEW else _TOGETHER_IN_FEW_DB
            if not standing[:4].any() or together < max(bound, furthest):
                continue
            power = (10 ** (lines[standing].astype(np.float64) / 10)).sum()
            best = Mains(mains, float(10 * np.log10(power)), float(out[:4].max()))
            furthest = together
        return best

    @property
    def count(self) -> int:
        """Rows so far, one for every `STEP_S`."""
        return len(self._rows[50].rows)


def _places(mains: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Bins in which each line may lie, and those beside it: (_LINES, bins) both."""
    wide = _SLOW / _SIZE
    lines = mains * np.arange(1, _LINES + 1) / wide
    near, far = (round(hertz / wide) for hertz in _BESIDE_HZ)
    around = np.concatenate([np.arange(-far, -near), np.arange(near, far)])
    reach = np.arange(-round(lines[-1] * _WANDERS), round(lines[-1] * _WANDERS) + 1)
    middle = np.rint(lines).astype(np.intp)[:, None]
    # A low line wanders less: its bins are taken several times rather than too many.
    most = np.rint(np.maximum(2, lines * _WANDERS)).astype(np.intp)[:, None]
    return middle + np.clip(reach, -most, most), middle + around


_PLACES: Final = {mains: _places(mains) for mains in MAINS}


def _lines(power: NDArray[np.floating], mains: int) -> NDArray[np.uint8]:
    """Levels of the harmonics, then of what is beside each, packed."""
    rows = np.empty((len(power), _COLUMNS), np.float32)
    bins, beside = _PLACES[mains]
    top = np.take_along_axis(
        np.broadcast_to(bins, (len(power), *bins.shape)),
        power[:, bins].argmax(axis=2)[:, :, None],
        axis=2,
    )
    whole = (top + np.arange(-2, 3)).reshape(len(power), -1)
    rows[:, :_LINES] = np.take_along_axis(power, whole, 1).reshape(-1, _LINES, 5).sum(axis=2)
    half = beside.shape[1] // 2
    rows[:, _LINES:] = 5 * np.partition(power[:, beside], half, axis=2)[:, :, half]
    return loud(10 * np.log10(rows + np.float32(1e-13)))
