"""Audio: models the constant offset (DC) and the mains hum of a recording and subtracts them.

A notch filter would damage a voice of the same pitch. The lines of the hum are estimated mostly
between the words, where nothing masks them, and so narrowly that the voice remains unchanged.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block, hop
from .growable_array import GrowableArray

Lines = NDArray[np.complex64]  # (hops of 10 ms, lines)
Line = NDArray[np.complex64]  # (hops of 10 ms,)
Hertz = NDArray[np.float64]

MAINS: Final = (50, 60)  # Hz
_HIGHEST_HZ: Final = 3000  # up to which the check measures the lines of a buzz
_HARMONICS: Final = {mains: np.arange(1, _HIGHEST_HZ // mains + 1) for mains in MAINS}
_OFFSET_HZ: Final = 0.5  # largest deviation of the mains, or of the clock of a recorder
_STRETCH_S: Final = 10.0  # in which the frequency is assumed to be constant
_AVERAGE_S: Final = 2.0  # over which a line is averaged
_LEVEL_HOPS: Final = 19  # over which the level is averaged
_JOINED: Final = 4  # hops, while the frequency is searched
# Least ratio to its uncertainty: median and lower quartile. A voice reaches 2 and 1.
_CLEAR: Final = (6.0, 3.0)
_CLEAR_IN_HUM: Final = (2.0, 1.0)  # the same for the other lines, once some show that there is hum
_AMPLITUDE_MIN: Final = 1e-5  # -100 dBFS
_ALONE: Final = 3  # factor by which a single line must be clearer
_LOW: Final = 16  # lines by which a hum is found; of so many more, some are clear by chance

_FREQUENCIES: Final[Hertz] = np.concatenate(
    [[0.0], *(mains * harmonics for mains, harmonics in _HARMONICS.items())]
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


@dataclass(slots=True)
class _Comb:
    """The steady lines of one mains frequency, and the sum of their mean powers."""

    harmonics: list[int] = field(default_factory=list)
    amplitudes: list[Line] = field(default_factory=list)
    strength: float = 0.0


class LineAnalyzer:
    """Measures all lines of one channel. Add whole hops; only the last may be shorter."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._hop = hop(rate)
        self._waves = phasors(-_FREQUENCIES, np.arange(self._hop) / rate) / np.float32(self._hop)
        self._lines = GrowableArray(len(_FREQUENCIES), np.complex64)
        self._power = GrowableArray(1, np.float32)  # mean square without the offset
        self._count = 0

    def add(self, block: Block) -> None:
        """Add (1, frames)."""
        count = block.shape[1] // self._hop
        if not count:
            return
        steps = block[0, : count * self._hop].reshape(count, self._hop)
        lines = steps @ self._waves.real + np.complex64(1j) * (steps @ self._waves.imag)
        times = np.arange(self._count, self._count + count) * self._hop / self._rate
        power = np.einsum("ij,ij->i", steps, steps) / self._hop - lines[:, 0].real ** 2
        self._power.append(np.maximum(power, 0)[:, None])
        self._lines.append((lines * phasors(-_FREQUENCIES, times)).astype(np.complex64))
        self._count += count

    def fit(self) -> HumModel:
        """The hum of what was added, at least one hop."""
        return fit_hum(self._lines.rows, self._power.rows[:, 0], self._rate)


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
    best, mains_hz, first = _Comb(), 0.0, 1
    for mains, harmonics in _HARMONICS.items():
        own_lines = lines[:, first : first + len(harmonics)]
        first += len(harmonics)
        offsets = _mains_offsets(own_lines, weights, seconds)
        drift = np.cumsum(offsets) * hop(rate) / rate  # cycles of the fundamental
        comb = _find_steady(own_lines, drift, weights, width)
        if comb.strength > best.strength:
            best, mains_hz = comb, mains + float(offsets.mean())
            frequencies = mains * np.array(comb.harmonics, np.float64)
    dc = weighted_mean(lines[:, 0], np.ones(len(lines)), width)
    if not best.strength:
        return HumModel(rate, np.zeros(1), dc[:, None], 0.0)
    together = np.stack([dc, *best.amplitudes], axis=1)
    return HumModel(rate, np.concatenate([[0.0], frequencies]), together, mains_hz)


def weighted_mean(values: Line, weights: NDArray[np.float64], width: int) -> Line:
    """The weighted mean of `width` hops around each hop."""
    window = np.hanning(width + 2)[1:-1]
    total = np.maximum(_convolve(weights.astype(np.complex128), window).real, 1e-30)
    return (_convolve(values * weights, window) / total).astype(np.complex64)


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
    """Convolution by FFT; the result has the length of `values`."""
    count = len(values) + len(window)
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.fft(values, size) * np.fft.fft(window, size)
    start = len(window) // 2
    result: NDArray[np.complex128] = np.fft.ifft(spectrum)[start : start + len(values)]
    return result


def _mains_offsets(lines: Lines, weights: NDArray[np.float64], seconds: Hertz) -> Hertz:
    """Deviation of the mains from their nominal frequency (Hz) at each hop."""
    count = len(lines) // _JOINED
    if not count:
        return np.zeros(len(lines))
    weighted = lines[: count * _JOINED] * weights[: count * _JOINED, None].astype(np.float32)
    joined = weighted.reshape(count, _JOINED, -1).sum(axis=1)
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


def _find_steady(lines: Lines, drift: Hertz, weights: NDArray[np.float64], width: int) -> _Comb:
    """The lines that are present nearly all the time, clearly above the noise.

    One after the other, because all of a long recording together would need much memory.
    """
    comb, low_clarity = _Comb(), list[float]()
    window = np.hanning(width + 2)[1:-1]
    total = np.maximum(_convolve(weights.astype(np.complex128), window).real, 1e-30)
    for harmonic, line in enumerate(lines.T, 1):
        correction = np.exp(-2j * np.pi * (drift * harmonic % 1.0))
        aligned = line * correction
        steady = weighted_mean(aligned, weights, width)
        rest = (np.abs(aligned - steady) * weights) ** 2
        variance = np.maximum(_convolve(rest, window**2).real, 0) / total**2 + 1e-20
        size = np.abs(steady)
        median, quartile = np.percentile(size**2 / variance, [50, 25])
        if np.median(size) <= _AMPLITUDE_MIN:
            continue
        if harmonic <= _LOW and median > _CLEAR[0] and quartile > _CLEAR[1]:
            low_clarity.append(float(median))
        if median > _CLEAR_IN_HUM[0] and quartile > _CLEAR_IN_HUM[1]:
            comb.harmonics.append(harmonic)
            # A real wave consists of two complex ones, hence the factor 2.
            comb.amplitudes.append((2 * steady * np.conj(correction)).astype(np.complex64))
            comb.strength += float((size**2).mean())
    is_hum = len(low_clarity) > 1 or max(low_clarity, default=0.0) >= _ALONE * _CLEAR[0]
    return comb if is_hum else _Comb()
