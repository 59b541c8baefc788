"""Audio, doctor: the pitch of the voice every 50 ms, and whether there are two voices."""

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray, unpack_db
from .spectrum import BANDS, SIZE
from .speech import find_runs
from .voice_signal import RATE

_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 400.0
_LAGS: Final = slice(int(RATE / _HIGHEST_HZ), int(RATE / _LOWEST_HZ) + 1)
_BINS: Final = slice(3, round(1500 * SIZE / RATE))  # above, the harmonics blur
_VOICED: Final = 0.55  # autocorrelation at one period
_SHORTER: Final = 0.9  # of the maximum: the shortest such period is the right one
_STEPS: Final = 8  # of the stored pitch in a semitone
_VOICED_MIN: Final = 8  # steps of a part of which the pitch is used, about half a second
_PAUSE: Final = 3  # steps between phrases
_TIMBRE_DB: Final = 40.0  # softer bands, relative to the loudest, hold noise or nothing
_PART: Final = 30  # steps; longer phrases are divided, since two people may leave no pause


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


def split_phrases(
    pitches: NDArray[np.uint16], speech: NDArray[np.bool_], rows: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], list[tuple[int, int]]]:
    """For each part of a phrase: pitch (semitones), voiced steps, timbre, and [start, end).

    The timbre is the mean level of each band (dB) relative to their mean: loudness and words have
    no influence on it.
    """
    medians: list[float] = []
    weights: list[float] = []
    timbres: list[NDArray[np.float64]] = []
    places: list[tuple[int, int]] = []
    closed = speech.copy()
    for start, end in find_runs(~speech):
        if end - start < _PAUSE:
            closed[start:end] = True
    for start, end in _parts(find_runs(closed)):
        voiced = pitches[start:end] > 0
        if voiced.sum() < _VOICED_MIN:
            continue
        medians.append(float(np.median(pitches[start:end][voiced])) / _STEPS)
        weights.append(float(voiced.sum()))
        timbre = (
            unpack_db(rows[start:end][voiced][:, 2 : BANDS - 2]).astype(np.float64).mean(axis=0)
        )
        timbre = np.maximum(timbre, timbre.max() - _TIMBRE_DB)
        timbres.append(timbre - timbre.mean())
        places.append((start, end))
    return np.array(medians), np.array(weights), np.array(timbres), places


def _parts(phrases: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Phrases, divided into equal parts of about `_PART` steps."""
    for start, end in phrases:
        count = max(1, round((end - start) / _PART))
        edges = [start + (end - start) * number // count for number in range(count + 1)]
        yield from itertools.pairwise(edges)


def split_voices(
    medians: NDArray[np.float64], weights: NDArray[np.float64], timbres: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.bool_]]:
    """Divide the phrases into a low and a high voice.

    Returns the gap (semitones), the difference of timbre (dB), and which phrases belong to the
    rarer voice; zeros if there is only one. The gap is the distance between the middle 80 % of both
    groups.
    """
    one_voice = (0.0, 0.0, np.zeros(len(medians), np.bool_))
    if len(medians) < 4:
        return one_voice
    order = np.argsort(medians)
    best = one_voice
    for split in range(1, len(order)):
        low, high = order[:split], order[split:]
        shares = weights[low].sum() / weights.sum()
        if not 0.15 <= shares <= 0.85 or min(len(low), len(high)) < 2:
            continue
        gap = float(np.percentile(medians[high], 10) - np.percentile(medians[low], 90))
        if gap <= best[0]:
            continue
        mean_low = np.average(timbres[low], axis=0, weights=weights[low])
        mean_high = np.average(timbres[high], axis=0, weights=weights[high])
        timbre = float(np.sqrt(np.mean((mean_low - mean_high) ** 2)))
        rarer = np.zeros(len(medians), np.bool_)
        rarer[low if shares < 0.5 else high] = True
        best = (gap, timbre, rarer)
    return best
