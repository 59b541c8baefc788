"""Audio, doctor: how high the voice is, every 50 ms; whether two voices take turns."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .growing import Growing, level
from .spectrum import BANDS, SIZE
from .speech import runs
from .voice import RATE

_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 400.0
_LAGS: Final = slice(int(RATE / _HIGHEST_HZ), int(RATE / _LOWEST_HZ) + 1)
_BINS: Final = slice(3, round(1500 * SIZE / RATE))  # above, the harmonics of a voice blur
_VOICED: Final = 0.55  # of the energy returns after one period
_SHORTER: Final = 0.9  # a shorter period that returns nearly as much is the true one
_STEPS: Final = 8  # of the scale in a semitone
_PHRASE: Final = 8  # voiced steps: half a second of voice tells its height
_PAUSE: Final = 5  # steps between phrases


def _window_returns() -> NDArray[np.float32]:
    """What the window alone leaves of the energy at each lag."""
    window = np.hanning(SIZE + 1)[:-1]
    full = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * SIZE)) ** 2)[: _LAGS.stop]
    returns: NDArray[np.float32] = (full / full[0]).astype(np.float32)
    return returns


_RETURNS: Final = _window_returns()


def _cosines() -> NDArray[np.float32]:
    """What each of `_BINS` gives to each lag: the few numbers wanted of an inverse transform."""
    bins = np.arange(_BINS.start, _BINS.stop)[:, None]
    lags = np.arange(_LAGS.stop)
    return (2 / SIZE * np.cos(2 * np.pi / SIZE * (bins * lags % SIZE))).astype(np.float32)


_COSINES: Final = _cosines()


class Pitch:
    """Height of the voice in eighths of a semitone above 60 Hz, plus one; 0 where there is none."""

    def __init__(self) -> None:
        self._rows = Growing(1, np.uint16)

    def add(self, spectra: NDArray[np.float32]) -> None:
        """Take in what `Bands` gives: (count, bins) of power."""
        if not len(spectra):
            return
        returns = spectra[:, _BINS] @ _COSINES
        total = np.maximum(returns[:, :1], np.float32(1e-14))
        shares = (returns / total / _RETURNS)[:, _LAGS]
        best = shares.max(axis=1, keepdims=True)
        # The first crest that is nearly as high as the highest: twice a period is one as well.
        inner = shares[:, 1:-1]
        crest = (inner >= shares[:, :-2]) & (inner >= shares[:, 2:]) & (inner > _SHORTER * best)
        first = crest.argmax(axis=1)
        voiced = crest.any(axis=1) & (best[:, 0] > _VOICED) & (returns[:, 0] * 512 > 1e-6)
        hertz = RATE / (first + 1 + _LAGS.start)
        heights = np.rint(12 * _STEPS * np.log2(hertz / _LOWEST_HZ)) + 1
        self._rows.append(np.where(voiced, heights, 0).astype(np.uint16)[:, None])

    @property
    def heights(self) -> NDArray[np.uint16]:
        """One for each step."""
        heights: NDArray[np.uint16] = self._rows.rows[:, 0]
        return heights


def hertz_of(heights: NDArray[np.uint16]) -> float | None:
    """Median pitch (Hz) of the voiced steps."""
    voiced = heights[heights > 0]
    if len(voiced) < 10:
        return None
    return float(_LOWEST_HZ * 2 ** ((np.median(voiced) - 1) / _STEPS / 12))


def phrases(
    heights: NDArray[np.uint16], speech: NDArray[np.bool_], rows: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], list[tuple[int, int]]]:
    """Of each phrase between pauses: height (semitones), voiced steps, colour, and its place.

    The colour is the mean level of the bands (dB) less their mean: what is left of a voice when
    loudness and words are averaged away.
    """
    medians: list[float] = []
    weights: list[float] = []
    colours: list[NDArray[np.float64]] = []
    places: list[tuple[int, int]] = []
    closed = speech.copy()
    for start, end in runs(~speech):
        if end - start < _PAUSE:
            closed[start:end] = True
    for start, end in runs(closed):
        voiced = heights[start:end] > 0
        if voiced.sum() < _PHRASE:
            continue
        medians.append(float(np.median(heights[start:end][voiced])) / _STEPS)
        weights.append(float(voiced.sum()))
        colour = level(rows[start:end][voiced][:, 2 : BANDS - 2]).astype(np.float64).mean(axis=0)
        colours.append(colour - colour.mean())
        places.append((start, end))
    return np.array(medians), np.array(weights), np.array(colours), places


def two_voices(
    medians: NDArray[np.float64], weights: NDArray[np.float64], colours: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.bool_]]:
    """Best division of the phrases in low and high: gap (semitones), difference of colour (dB),
    and which phrases belong to the rarer voice. Zeros where there are not two.

    The gap is what lies free between the two groups, outside of the middle 80 % of each.
    """
    nobody = (0.0, 0.0, np.zeros(len(medians), np.bool_))
    if len(medians) < 4:
        return nobody
    order = np.argsort(medians)
    best = nobody
    for split in range(1, len(order)):
        low, high = order[:split], order[split:]
        shares = weights[low].sum() / weights.sum()
        if not 0.15 <= shares <= 0.85 or min(len(low), len(high)) < 2:
            continue
        gap = float(np.percentile(medians[high], 10) - np.percentile(medians[low], 90))
        if gap <= best[0]:
            continue
        mean_low = np.average(colours[low], axis=0, weights=weights[low])
        mean_high = np.average(colours[high], axis=0, weights=weights[high])
        colour = float(np.sqrt(np.mean((mean_low - mean_high) ** 2)))
        rarer = np.zeros(len(medians), np.bool_)
        rarer[low if shares < 0.5 else high] = True
        best = (gap, colour, rarer)
    return best
