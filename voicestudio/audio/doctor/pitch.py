"""Audio, doctor: the pitch of the voice every 50 ms, and whether there are two voices."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray, unpack_db
from . import thresholds
from .spectrum import SIZE, VOICE
from .speech import find_runs
from .voice_signal import RATE

_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 400.0
_LAGS: Final = slice(int(RATE / _HIGHEST_HZ), int(RATE / _LOWEST_HZ) + 1)
_BINS: Final = slice(3, round(1500 * SIZE / RATE))  # above, the harmonics blur
_VOICED: Final = 0.55  # autocorrelation at one period
_SHORTER: Final = 0.9  # of the maximum: the shortest such period is the right one
_STEPS: Final = 8  # of the stored pitch in a semitone
_MELODY: Final = 15  # voiced steps, nearly a second: the melody of a word is no other voice
_VOICED_MIN: Final = 20  # steps of the rarer voice, a second
_SHARE_MIN: Final = 0.08  # of all voiced steps
_STEPS_OF_SOUND: Final = 3  # of one timbre: a vowel or a voiced consonant
_TIMBRE_DB: Final = 40.0  # softer bands, relative to the loudest, hold noise or nothing
_CHUNK: Final = 4096  # steps processed at a time


def _window_autocorrelation() -> NDArray[np.float32]:
    """Autocorrelation of the window alone, by lag."""
    window = np.hanning(SIZE + 1)[:-1]
    full = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * SIZE)) ** 2)[: _LAGS.stop]
    result: NDArray[np.float32] = (full / full[0]).astype(np.float32)
    return result


_WINDOW_AUTOCORRELATION: Final = _window_autocorrelation()


def _cosines() -> NDArray[np.float32]:
    """Contribution of each of `_BINS` to each lag: the needed part of an inverse transform."""
    bins = np.arange(_BINS.start, _BINS.stop)[:, None]
    lags = np.arange(_LAGS.stop)
    return (2 / SIZE * np.cos(2 * np.pi / SIZE * (bins * lags % SIZE))).astype(np.float32)


_COSINES: Final = _cosines()


class PitchTracker:
    """Pitch in eighths of a semitone above 60 Hz, plus one; 0 for unvoiced steps."""

    def __init__(self) -> None:
        self._rows = GrowableArray(1, np.uint16)

    def add(self, spectra: NDArray[np.float32]) -> None:
        """Add spectra of `BandLevels`: (count, bins) of power."""
        if not len(spectra):
            return
        products = spectra[:, _BINS] @ _COSINES
        total = np.maximum(products[:, :1], np.float32(1e-14))
        autocorrelation = (products / total / _WINDOW_AUTOCORRELATION)[:, _LAGS]
        best = autocorrelation.max(axis=1, keepdims=True)
        # The first peak that is nearly as high as the highest, because there are peaks at
        # multiples of the period, too.
        left, inner, right = (
            autocorrelation[:, :-2], autocorrelation[:, 1:-1], autocorrelation[:, 2:],
        )  # fmt: skip
        crest = (inner >= left) & (inner >= right) & (inner > _SHORTER * best)
        first = crest.argmax(axis=1)
        voiced = crest.any(axis=1) & (best[:, 0] > _VOICED) & (products[:, 0] * 512 > 1e-6)
        hertz = RATE / (first + 1 + _LAGS.start)
        pitches = np.rint(12 * _STEPS * np.log2(hertz / _LOWEST_HZ)) + 1
        self._rows.append(np.where(voiced, pitches, 0).astype(np.uint16)[:, None])

    @property
    def pitches(self) -> NDArray[np.uint16]:
        """One for each step."""
        pitches: NDArray[np.uint16] = self._rows.rows[:, 0]
        return pitches


def median_pitch_hz(pitches: NDArray[np.uint16]) -> float | None:
    """Median pitch (Hz) of the voiced steps."""
    voiced = pitches[pitches > 0]
    if len(voiced) < 10:
        return None
    return float(_LOWEST_HZ * 2 ** ((np.median(voiced) - 1) / _STEPS / 12))


def find_second_voice(
    pitches: NDArray[np.uint16], speech: NDArray[np.bool_], rows: NDArray[np.uint8]
) -> tuple[float, tuple[int, int] | None]:
    """How far a high voice is above a low one (semitones), and the longest turn of the rarer one.

    `rows` are the levels of the bands; all arrays have one value for each step. The result is zero
    and no steps [start, end) unless the pitches form two groups, and the timbre differs as well.
    """
    steps = np.flatnonzero(speech & (pitches > 0))
    if len(steps) < 2 * _VOICED_MIN:
        return 0.0, None
    levels = _without_melody(pitches[steps])
    low, high = _sums_by_split(levels, rows, steps)
    least = max(_VOICED_MIN, _SHARE_MIN * len(steps))
    splits = np.flatnonzero(np.minimum(low[0], high[0]) >= least)
    if not len(splits):
        return 0.0, None
    apart = _semitones_apart(low[:, splits], high[:, splits])
    best = int(apart.argmax())
    if not apart[best]:
        return 0.0, None
    is_low = levels <= splits[best]
    rarer = is_low if is_low.sum() * 2 < len(is_low) else ~is_low
    start, end = max(find_runs(rarer), key=lambda turn: turn[1] - turn[0])
    return float(apart[best]), (int(steps[start]), int(steps[end - 1]) + 1)


def _without_melody(pitches: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The median of the pitches around each: it keeps the pitch of a turn, and where turns meet."""
    padded = np.pad(pitches, _MELODY // 2, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, _MELODY)
    medians = np.empty_like(pitches)
    for part in _chunks(len(pitches)):
        medians[part] = np.partition(around[part], _MELODY // 2, axis=1)[:, _MELODY // 2]
    return medians


def _sums_by_split(
    levels: NDArray[np.uint16], rows: NDArray[np.uint8], steps: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums over the `steps` up to each pitch, and over those above it: (sums, pitches).

    The sums are: steps, pitch (semitones), its square, each band of the timbre, squares of all.
    """
    highest = int(levels.max())
    sums: NDArray[np.float64] = np.zeros((4 + VOICE.stop - VOICE.start, highest + 1))
    for part in _chunks(len(levels)):
        semitones, timbres = levels[part] / _STEPS, _timbres(rows[steps[part], VOICE])
        columns = [semitones**0, semitones, semitones**2, *timbres.T, (timbres**2).sum(axis=1)]
        sums += [np.bincount(levels[part], column, highest + 1) for column in columns]
    low = np.cumsum(sums, axis=1)
    return low, low[:, -1:] - low


def _timbres(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Levels of the bands (dB) relative to their mean, so that loudness has no influence."""
    timbres = unpack_db(rows)
    np.maximum(timbres, timbres.max(axis=1, keepdims=True) - _TIMBRE_DB, out=timbres)
    timbres -= timbres.mean(axis=1, keepdims=True)
    return timbres


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))


def _semitones_apart(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between the mean pitches of both groups of each split; 0 where they may be one voice."""
    steps = low[0] + high[0]
    means_low, means_high = low[1:] / low[0], high[1:] / high[0]
    squares = low[1:] * means_low + high[1:] * means_high  # of the means, for every step
    apart = means_high[0] - means_low[0]
    spread = np.sqrt(np.maximum((low[2] + high[2] - squares[0]) / steps, 0))
    variance = (low[-1] + high[-1] - squares[2:-1].sum(axis=0)) / steps / len(squares[2:-1])
    # Which sounds are said makes a difference even in one voice, less so the more of them.
    by_chance = variance * _STEPS_OF_SOUND * (1 / low[0] + 1 / high[0])
    difference = ((means_high[2:-1] - means_low[2:-1]) ** 2).mean(axis=0) - by_chance
    one_voice = apart < thresholds.VOICES_APART_SPREADS * spread
    one_voice |= difference < thresholds.VOICES_TIMBRE_DB**2
    return np.where(one_voice, 0.0, apart)
