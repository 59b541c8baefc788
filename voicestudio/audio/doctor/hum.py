"""Audio, doctor: detects mains hum, which differs from a deep voice in that it never stops."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray, pack_db, unpack_db
from .voice_signal import RATE, VoiceSignal
from .windows import SlidingWindows

_DOWN: Final = 16
_LOW_RATE: Final = RATE // _DOWN  # 1 kHz: the audible harmonics are below 500 Hz
_SIZE: Final = 8192  # 8 s: the mains frequency is constant for so long, no voice is
_STEP: Final = 4096
STEP_S: Final = _STEP / _LOW_RATE
_LINES: Final = 8
MAINS: Final = (50, 60)  # Hz
_DEVIATION: Final = 0.004  # of the mains frequency, relative
_BESIDE_HZ: Final = (1.5, 6.0)  # where the level beside a line is measured
_QUANTILE: Final = 0.25  # of the windows: a line must stand out in three of four
_STANDS_OUT_DB: Final = 7.0
_SUM_DB: Final = 15.0  # by which the first four lines stand out together; a voice: 7
_FEW: Final = 3  # windows; fewer are less reliable
_SUM_IN_FEW_DB: Final = 30.0
_COLUMNS: Final = 2 * _LINES  # of each mains frequency: every line and the level beside it

_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
# A sine between two bins spreads over a few; their scaled sum is its mean square.
_SCALE: Final = 2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum()))


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains frequency (Hz; 0 for no hum) and the level of all its lines (dBFS).

    `stands_out_db`: by how much the clearest of the first four lines exceeds the level beside it.
    """

    mains_hz: int = 0
    level_db: float = -127.0
    stands_out_db: float = 0.0


class HumDetector:
    """Measures the lines of both mains frequencies every four seconds."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(_SIZE, _STEP)
        self._rest: VoiceSignal = np.empty(0, np.float32)
        self._rows = {mains: GrowableArray(_COLUMNS, np.uint8) for mains in MAINS}

    def add(self, signal: VoiceSignal) -> None:
        """Add samples at 16 kHz."""
        joined = np.concatenate([self._rest, signal])
        whole = len(joined) // _DOWN * _DOWN
        self._rest = joined[whole:].copy()
        low = joined[:whole].reshape(-1, _DOWN).mean(axis=1, dtype=np.float32)
        self._add_windows(self._windows.add(low))

    def finish(self) -> None:
        """End the recording; one that is shorter than a window is analyzed only now."""
        if not self.count:
            self._add_windows(self._windows.finish())

    def _add_windows(self, windows: NDArray[np.float32]) -> None:
        if not len(windows):
            return
        spectra = np.fft.rfft(windows * _WINDOW, axis=1)
        power = (spectra.real**2 + spectra.imag**2) * _SCALE
        for mains, rows in self._rows.items():
            rows.append(_line_levels(power, mains))

    def result(self, start: int = 0, end: int | None = None) -> Hum:
        """The hum in these rows.

        A line counts if it exceeds the level beside it in three windows of four. The first four
        lines together must exceed it clearly: a voice crosses lines, but does not stay on them.
        """
        best, highest_sum = Hum(), 0.0
        for mains, grown in self._rows.items():
            rows = grown.rows[start:end]
            if not len(rows):
                continue
            levels = unpack_db(rows)
            place = int((len(rows) - 1) * _QUANTILE)
            excess = np.sort(levels[:, :_LINES] - levels[:, _LINES:], axis=0)[place]
            lines = np.sort(levels[:, :_LINES], axis=0)[place]
            clear = excess > _STANDS_OUT_DB
            excess_sum = float(np.maximum(excess[:4], 0).sum())
            bound = _SUM_DB if len(rows) >= _FEW else _SUM_IN_FEW_DB
            if not clear[:4].any() or excess_sum < max(bound, highest_sum):
                continue
            power = (10 ** (lines[clear].astype(np.float64) / 10)).sum()
            best = Hum(mains, float(10 * np.log10(power)), float(excess[:4].max()))
            highest_sum = excess_sum
        return best

    @property
    def count(self) -> int:
        """Rows so far, one for every `STEP_S`."""
        return len(self._rows[50].rows)


def _bins_of(mains: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Bins in which each line may lie, and those beside it: (_LINES, bins) both."""
    bin_hz = _LOW_RATE / _SIZE
    lines = mains * np.arange(1, _LINES + 1) / bin_hz
    near, far = (round(hertz / bin_hz) for hertz in _BESIDE_HZ)
    around = np.concatenate([np.arange(-far, -near), np.arange(near, far)])
    reach = np.arange(-round(lines[-1] * _DEVIATION), round(lines[-1] * _DEVIATION) + 1)
    middle = np.rint(lines).astype(np.intp)[:, None]
    # A low line deviates less: its outer bins are repeated to keep the shape of the array.
    most = np.rint(np.maximum(2, lines * _DEVIATION)).astype(np.intp)[:, None]
    return middle + np.clip(reach, -most, most), middle + around


_BINS: Final = {mains: _bins_of(mains) for mains in MAINS}


def _line_levels(power: NDArray[np.floating], mains: int) -> NDArray[np.uint8]:
    """Levels of the harmonics, then the levels beside each, packed."""
    rows = np.empty((len(power), _COLUMNS), np.float32)
    bins, beside = _BINS[mains]
    top = np.take_along_axis(
        np.broadcast_to(bins, (len(power), *bins.shape)),
        power[:, bins].argmax(axis=2)[:, :, None],
        axis=2,
    )
    whole = (top + np.arange(-2, 3)).reshape(len(power), -1)
    rows[:, :_LINES] = np.take_along_axis(power, whole, 1).reshape(-1, _LINES, 5).sum(axis=2)
    half = beside.shape[1] // 2
    rows[:, _LINES:] = 5 * np.partition(power[:, beside], half, axis=2)[:, :, half]
    return pack_db(10 * np.log10(rows + np.float32(1e-13)))
