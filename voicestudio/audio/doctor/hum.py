"""Audio, doctor: detects mains hum and buzz: a comb of lines that sounds on between the words."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray, pack_db, unpack_db
from .a_weights import a_weights
from .spectrum import ABOVE_HUM, EDGES
from .voice_signal import RATE, VoiceSignal
from .windows import SlidingWindows

_LOW_RATE: Final = RATE // 2  # the lines of a buzz that are heard best lie below 3 kHz
_SIZE: Final = 1 << 16  # 8 s: the mains frequency is constant for so long, no voice is
_STEP: Final = _SIZE // 2
STEP_S: Final = _STEP / _LOW_RATE
_HIGHEST_HZ: Final = 3000
MAINS: Final = (50, 60)  # Hz
_LINES: Final = {mains: _HIGHEST_HZ // mains for mains in MAINS}
# Of the mains frequency, relative; so fine that the highest line is met within 0.6 Hz.
_DEVIATIONS: Final = np.arange(-20, 21) * 2e-4
# How far a line reaches on either side, and where the level beside it is measured (Hz): in all of
# a window, and in its pauses, which are so short that they spread a line.
_REACH_HZ: Final = ((0.5, 1.5, 6.0), (3.0, 9.0, 21.0))
_HOP: Final = 64  # samples whose level is measured for the weights
_SMOOTH: Final = np.hanning(23)[1:-1] / np.hanning(23).sum()  # hops: 0.1 s
_QUIET_PERCENT: Final = 5.0  # the share of a window that is a pause, even of a fluent speaker
_QUIET_TIMES: Final = 4.0  # by which the noise of a pause varies
_DIGITAL_SILENCE: Final = 1e-9  # of `_HOP` samples: a noise gate is closed, and no hum is heard
_QUANTILE: Final = 0.25  # of the windows: a line must stand out in three of four
_CLEAR_DB: Final = 4.0  # by which chance lifts a line above the level beside it, at most
# What one line counts at most: a hum may be a single low line, but a single high one is a whistle.
_LOW_LINES: Final = 4
_COUNTED_MAX_DB: Final = (30.0, 8.0)
_SUM_DB: Final = 22.0  # by which the lines stand out together beyond `_CLEAR_DB`
_FEW: Final = 3  # windows; fewer are less reliable
_SUM_IN_FEW_DB: Final = 35.0
_POWER_MIN: Final = 1e-13

Spectra = NDArray[np.float64]

_BINS: Final = (_HIGHEST_HZ + 50) * _SIZE // _LOW_RATE  # that are used: all lines and beside them
# float64, because numpy transforms it faster than float32.
_HANN: Final[NDArray[np.float64]] = np.hanning(_SIZE + 1)[:-1]
_WITHIN_HOP: Final = np.arange(_HOP) / _HOP


def _places(mains: int, reach_hz: tuple[float, float, float]) -> NDArray[np.intp]:
    """Bins at which the power beside and on each line is summed: (deviations, lines, 6).

    Lower side from, to; line from, to; upper side from, to.
    """
    hertz = mains * np.arange(1, _LINES[mains] + 1) * (1 + _DEVIATIONS[:, None])
    width, near, far = reach_hz
    edges = np.array([-far, -near, -width, width, near, far])
    bins = (hertz[:, :, None] + edges) * _SIZE / _LOW_RATE
    places: NDArray[np.intp] = np.rint(bins).astype(np.intp)
    return places


def _counted_max_db(mains: int) -> NDArray[np.float64]:
    """What each line counts at most."""
    return np.where(np.arange(_LINES[mains]) < _LOW_LINES, *_COUNTED_MAX_DB)


_MAX_DB: Final = {mains: _counted_max_db(mains) for mains in MAINS}
_MAX: Final = {mains: 10 ** (most / 10) for mains, most in _MAX_DB.items()}
_PLACES: Final = {mains: [_places(mains, reach) for reach in _REACH_HZ] for mains in MAINS}


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains frequency (Hz; 0 for no hum) and the A-weighted level of all its lines (dBFS).

    `high_db` is the level (dBFS, not weighted) of the lines in the bands `ABOVE_HUM`.
    """

    mains_hz: int = 0
    level_db: float = -127.0
    high_db: float = -127.0


class HumDetector:
    """Measures the lines of both mains frequencies every four seconds."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(_SIZE, _STEP)
        self._rest: VoiceSignal = np.empty(0, np.float32)
        # Of each mains frequency: every line, then the level beside each.
        self._rows = {mains: GrowableArray(2 * _LINES[mains], np.uint8) for mains in MAINS}

    def add(self, signal: VoiceSignal) -> None:
        """Add samples at 16 kHz."""
        joined = np.concatenate([self._rest, signal])
        whole = len(joined) // 2 * 2
        self._rest = joined[whole:].copy()
        # The mean of two samples is a sufficient anti-aliasing filter for lines that are compared
        # with what lies beside them.
        low = np.float32(0.5) * (joined[:whole:2] + joined[1:whole:2])
        self._add_windows(self._windows.add(low))

    def finish(self) -> None:
        """End the recording; one that is shorter than a window is analyzed only now."""
        if not self.count:
            self._add_windows(self._windows.finish())

    def _add_windows(self, windows: NDArray[np.float32]) -> None:
        for window in windows:
            weights = np.stack([_HANN, _HANN * _softness(window)])
            spectra = _spectra(window * weights, np.einsum("ij,ij->i", weights, weights))
            for mains, rows in self._rows.items():
                rows.append(pack_db(10 * np.log10(_line_powers(spectra, mains)))[None])

    def result(self, start: int = 0, end: int | None = None) -> Hum:
        """The hum in these rows.

        A line counts if it exceeds the level beside it in three windows of four. All lines of one
        mains frequency together must exceed it clearly: a voice crosses lines, but does not stay
        on them.
        """
        best, highest_sum = Hum(), 0.0
        for mains, grown in self._rows.items():
            rows = grown.rows[start:end]
            if not len(rows):
                continue
            count = _LINES[mains]
            levels = unpack_db(rows)
            place = int((len(rows) - 1) * _QUANTILE)
            above = levels[:, :count] - levels[:, count:]
            excess = np.sort(above, axis=0)[place]
            beyond = np.clip(excess - _CLEAR_DB, 0, _MAX_DB[mains])
            in_mean = np.clip(above.mean(axis=0) - _CLEAR_DB, 0, _MAX_DB[mains]).sum()
            is_sure = len(rows) >= _FEW or in_mean >= _SUM_IN_FEW_DB
            if not is_sure or beyond.sum() < max(_SUM_DB, highest_sum):
                continue
            lines = 10 ** (np.sort(levels[:, :count], axis=0)[place].astype(np.float64) / 10)
            lines *= 1 - 10 ** (-np.maximum(excess, 0) / 10)  # without the noise at the same place
            lines[beyond <= 0] = 0
            hertz = mains * np.arange(1, count + 1)
            best = Hum(
                mains,
                _decibels((lines * a_weights(hertz)).sum()),
                _decibels(lines[hertz > EDGES[ABOVE_HUM]].sum()),
            )
            highest_sum = float(beyond.sum())
        return best

    @property
    def count(self) -> int:
        """Rows so far, one for every `STEP_S`."""
        return len(self._rows[50].rows)


def _decibels(power: float) -> float:
    return float(10 * np.log10(power + _POWER_MIN))


def _spectra(weighted: NDArray[np.float64], energies: NDArray[np.float64]) -> Spectra:
    """Cumulative sums of the power (mean square) in each bin of weighted windows.

    `energies`: the sum of the squares of the weights of each. One transform for all of them saves
    time, because its factors are computed each time.
    """
    bins = np.fft.rfft(weighted)[:, :_BINS]
    power = bins.real**2 + bins.imag**2
    power *= 2.0 / (_SIZE * energies[:, None])
    sums = np.zeros((len(power), _BINS + 1))
    np.cumsum(power, axis=1, out=sums[:, 1:])
    return sums


def _softness(window: NDArray[np.float32]) -> NDArray[np.float64]:
    """A weight for every sample: near 1 in pauses, and the lower the louder the voice is.

    In words a voice masks most lines of a buzz.
    """
    # The difference of samples removes hum and rumble, so that only the voice decides.
    steps = np.diff(window, prepend=window[:1]).reshape(-1, _HOP)
    around = np.convolve(np.einsum("ij,ij->i", steps, steps), _SMOOTH, "same")
    sounding = around[around > _DIGITAL_SILENCE]
    quiet = np.percentile(sounding, _QUIET_PERCENT) if len(sounding) else _DIGITAL_SILENCE
    softness = 1 / (1 + around / (_QUIET_TIMES * quiet))
    # From the middle of each hop to that of the next; `np.interp` takes ten times as long.
    values = np.pad(softness, 1, mode="edge")
    between = values[:-1, None] + np.diff(values)[:, None] * _WITHIN_HOP
    smooth: NDArray[np.float64] = between.reshape(-1)[_HOP // 2 : _HOP // 2 + _SIZE]
    return smooth


def _line_powers(spectra: Spectra, mains: int) -> NDArray[np.float64]:
    """Power of each line, then of as wide a band of what is beside each.

    Each line is taken from the spectrum in which it stands out more, at the deviation of the mains
    at which all lines of that spectrum stand out most.
    """
    found = []
    for sums, places in zip(spectra, _PLACES[mains], strict=True):
        at = sums[places]
        widths = np.diff(places[0, 0])
        lines = at[:, :, 3] - at[:, :, 2] + _POWER_MIN
        beside = at[:, :, 1] - at[:, :, 0] + at[:, :, 5] - at[:, :, 4]
        beside *= widths[2] / (widths[0] + widths[4])
        beside += _POWER_MIN
        excess = lines / beside
        # The product of factors instead of the sum of decibels, which takes a third of the time.
        best = int(np.clip(excess, 1, _MAX[mains]).prod(axis=1).argmax())
        found.append((excess[best], lines[best], beside[best]))
    (whole_excess, *whole), (pause_excess, *pauses) = found
    return np.where(whole_excess > pause_excess, whole, pauses).ravel()
