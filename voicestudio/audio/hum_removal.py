"""Audio: models the constant offset (DC) and the mains hum of a recording and subtracts them.

A notch filter would damage a voice of the same pitch. The lines of the hum are estimated mostly
between the words, where nothing masks them, and so narrowly that the voice remains unchanged.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block, hop

Lines = NDArray[np.complex64]  # (hops of 10 ms, lines)
Hertz = NDArray[np.float64]

MAINS: Final = (50.0, 60.0)
_HARMONICS: Final = 16
_OFFSET_HZ: Final = 0.5  # largest deviation of the mains, or of the clock of a recorder
_STRETCH_S: Final = 10.0  # in which the frequency is assumed to be constant
_AVERAGE_S: Final = 2.0  # over which a line is averaged
_LEVEL_HOPS: Final = 19  # over which the level is averaged
_JOINED: Final = 4  # hops, while the frequency is searched
# Least ratio to its uncertainty: median and lower quartile. A voice reaches 2 and 1.
_CLEAR: Final = (6.0, 3.0)
_AMPLITUDE_MIN: Final = 1e-5  # -100 dBFS
_ALONE: Final = 3  # factor by which a single line must be clearer

_FREQUENCIES: Final[Hertz] = np.concatenate(
    [[0.0], *(mains * np.arange(1, _HARMONICS + 1) for mains in MAINS)]
)


@dataclass(frozen=True, slots=True)
class HumModel:
    """The lines to subtract: their frequencies (Hz, 0 is DC) and amplitudes every 10 ms.

    `mains_hz` is the frequency of the hum, 0.0 for none.
    """

    rate: int
    frequencies: Hertz
    amplitudes: Lines
    mains_hz: float

    @property
    def dc(self) -> float:
        """Mean offset of the signal (1.0 is full scale)."""
        return abs(float(self.amplitudes[:, 0].real.mean()))

    def subtract(self, block: Block, first: int) -> None:
        """Subtract the lines from a block (1, frames) that starts with hop `first`, in place."""
        length = hop(self.rate)
        count = -(-block.shape[1] // length)
        last = len(self.amplitudes) - 1
        hops = np.clip(np.arange(first, first + count), 0, last)
        amplitude = self.amplitudes[hops]
        slope = (
            self.amplitudes[np.minimum(hops + 1, last)] - self.amplitudes[np.maximum(hops - 1, 0)]
        ) / np.complex64(2)
        phase = phasors(self.frequencies, np.arange(first, first + count) * length / self.rate)
        within = phasors(self.frequencies, np.arange(length) / self.rate).T
        ramp = ((np.arange(length) + 0.5) / length - 0.5).astype(np.float32)
        parts = np.concatenate([amplitude * phase, slope * phase], axis=1)
        waves = np.concatenate([within, within * ramp], axis=0)
        # Only the real part of the complex product.
        lines = parts.real @ waves.real - parts.imag @ waves.imag
        block -= lines.reshape(-1)[: block.shape[1]]


class LineAnalyzer:
    """Measures all lines in every channel. Add whole hops; only the last may be shorter."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._hop = hop(rate)
        self._waves = phasors(-_FREQUENCIES, np.arange(self._hop) / rate) / np.float32(self._hop)
        self._rows: list[Lines] = []
        self._count = 0

    def add(self, block: Block) -> None:
        """Add (channels, frames)."""
        count = block.shape[1] // self._hop
        if not count:
            return
        steps = block[:, : count * self._hop].reshape(len(block), count, self._hop)
        lines = steps @ self._waves.real + np.complex64(1j) * (steps @ self._waves.imag)
        times = np.arange(self._count, self._count + count) * self._hop / self._rate
        self._rows.append((lines * phasors(-_FREQUENCIES, times)).astype(np.complex64))
        self._count += count

    def lines(self) -> NDArray[np.complex64]:
        """The amplitudes: (channels, hops, lines of `_FREQUENCIES`)."""
        return np.concatenate(self._rows, axis=1)


def phasors(frequencies: Hertz, seconds: NDArray[np.float64]) -> Lines:
    """exp(2 pi i * frequency * time): (times, lines)."""
    cycles = np.outer(seconds, frequencies) % 1.0
    return np.exp(2j * np.pi * cycles).astype(np.complex64)


def fit_hum(lines: Lines, power: NDArray[np.float32], rate: int) -> HumModel:
    """The hum of one channel, from its lines and the mean square of each hop.

    It always contains DC; harmonics of one mains frequency only if they are clear all the time.
    """
    seconds = np.arange(len(lines)) * hop(rate) / rate
    weights = _pause_weights(power)
    width = max(3, round(_AVERAGE_S * rate / hop(rate)))
    frequencies: list[Hertz] = [np.zeros(1)]
    amplitudes = [weighted_mean(lines[:, :1], np.ones(len(lines)), width)]
    best: tuple[float, float, Hertz, Lines] = (0.0, 0.0, frequencies[0], amplitudes[0])
    for number, mains in enumerate(MAINS):
        first = 1 + number * _HARMONICS
        harmonics = lines[:, first : first + _HARMONICS]
        offsets = _mains_offsets(harmonics, weights, seconds)
        drift = np.cumsum(offsets) * hop(rate) / rate  # cycles of the fundamental
        correction = np.exp(-2j * np.pi * (np.outer(drift, np.arange(1, _HARMONICS + 1)) % 1.0))
        aligned = (harmonics * correction).astype(np.complex64)
        steady = weighted_mean(aligned, weights, width)
        found = _find_steady(aligned, steady, weights, width)
        strength = float((np.abs(steady[:, found]) ** 2).mean(axis=0).sum())
        if strength > best[0]:
            hertz = (mains * (1 + np.flatnonzero(found))).astype(np.float64)
            # A real wave consists of two complex ones, hence the factor 2.
            both = (2 * steady[:, found] * np.conj(correction[:, found])).astype(np.complex64)
            best = (strength, mains + float(offsets.mean()), hertz, both)
    if best[0]:
        frequencies.append(best[2])
        amplitudes.append(best[3])
    together = np.concatenate(amplitudes, axis=1).astype(np.complex64)
    return HumModel(rate, np.concatenate(frequencies), together, best[1])


def weighted_mean(values: Lines, weights: NDArray[np.float64], width: int) -> Lines:
    """The weighted mean of `width` hops around each hop."""
    window = np.hanning(width + 2)[1:-1]
    total = np.maximum(_convolve(weights[:, None].astype(np.complex128), window).real, 1e-30)
    return (_convolve(values * weights[:, None], window) / total).astype(np.complex64)


def _pause_weights(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """High between the words, where the constant parts of the signal are not masked."""
    # So wide that the weights do not vary with the period of the mains.
    window = np.hanning(_LEVEL_HOPS + 2)[1:-1]
    around = np.convolve(np.pad(power.astype(np.float64), _LEVEL_HOPS, mode="edge"), window, "same")
    around = around[_LEVEL_HOPS:-_LEVEL_HOPS] / window.sum()
    floor = float(np.percentile(around, 20)) + 1e-12
    weights: NDArray[np.float64] = floor / (around + floor)
    return weights


def _convolve(
    values: NDArray[np.complexfloating], window: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Convolution along the first axis by FFT; the result has the length of `values`."""
    count = len(values) + len(window)
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.fft(values, size, axis=0) * np.fft.fft(window, size)[:, None]
    start = len(window) // 2
    result: NDArray[np.complex128] = np.fft.ifft(spectrum, axis=0)[start : start + len(values)]
    return result


def _mains_offsets(lines: Lines, weights: NDArray[np.float64], seconds: Hertz) -> Hertz:
    """Deviation of the mains from their nominal frequency (Hz) at each hop."""
    count = len(lines) // _JOINED
    if not count:
        return np.zeros(len(lines))
    joined = (lines * weights[:, None])[: count * _JOINED].reshape(count, _JOINED, -1).sum(axis=1)
    times = seconds[: count * _JOINED].reshape(count, _JOINED).mean(axis=1)
    wide = np.arange(-_OFFSET_HZ, _OFFSET_HZ + 0.01, 0.02)
    centre = wide[np.argmax(_scores(joined, times, wide))]
    length = max(1, round(_STRETCH_S / max(1e-9, times[-1] - times[0]) * count))
    starts = list(range(0, max(1, count - length // 2), max(1, length // 2)))
    near = centre + np.arange(-0.06, 0.061, 0.004)
    middles, found = [], []
    for start in starts:
        part = slice(start, start + length)
        middles.append(float(times[part].mean()))
        found.append(float(near[np.argmax(_scores(joined[part], times[part], near))]))
    return np.interp(seconds, middles, found)


def _scores(lines: Lines, times: Hertz, candidates: Hertz) -> Hertz:
    """How constant all harmonics are if the mains deviate by each candidate (Hz)."""
    rotation = np.exp(-2j * np.pi * np.outer(candidates, times)).astype(np.complex64)
    rotations = np.ones_like(rotation)
    scores = np.zeros(len(candidates))
    for harmonic in range(lines.shape[1]):
        rotations *= rotation
        energy = float((np.abs(lines[:, harmonic]) ** 2).sum()) + 1e-30
        scores += np.abs(rotations @ lines[:, harmonic]) ** 2 / energy
    return scores


def _find_steady(
    aligned: Lines, steady: Lines, weights: NDArray[np.float64], width: int
) -> NDArray[np.bool_]:
    """Which of the lines are present nearly all the time, clearly above the noise."""
    window = np.hanning(width + 2)[1:-1]
    rest = (np.abs(aligned - steady) ** 2 * weights[:, None] ** 2).astype(np.complex128)
    total = np.maximum(_convolve(weights[:, None].astype(np.complex128), window).real, 1e-30)
    variance = np.maximum(_convolve(rest, window**2).real, 0) / total**2 + 1e-20
    clarity = np.abs(steady) ** 2 / variance
    median, quartile = np.percentile(clarity, [50, 25], axis=0)
    found = (median > _CLEAR[0]) & (quartile > _CLEAR[1])
    found &= np.median(np.abs(steady), axis=0) > _AMPLITUDE_MIN
    if found.sum() == 1 and median[found].max() < _ALONE * _CLEAR[0]:
        found[:] = False
    result: NDArray[np.bool_] = found
    return result
