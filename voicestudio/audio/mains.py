"""Audio: what never moves (DC) and what hums with the mains, followed so that it can be taken away.

Not filtered but subtracted: the lines are learnt mostly between the words, where nothing covers
them, and so closely that a voice that passes the same pitch stays as it is.

This module imports numpy: the rest of the house reaches it only through `tidying`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block, hop

Lines = NDArray[np.complex64]  # (hops of 10 ms, lines)
Hertz = NDArray[np.float64]

MAINS: Final = (50.0, 60.0)
_HARMONICS: Final = 16
_ASIDE_HZ: Final = 0.5  # how far the mains, or the clock of a recorder, may be off
_STRETCH_S: Final = 10.0  # in which their frequency stays the same
_AROUND_S: Final = 2.0  # of sound from which a line at any moment is learnt
_CALM: Final = 19  # hops over which the level is taken
_JOINED: Final = 4  # hops, while the frequency is looked for
# Times its uncertainty: half of the time, three quarters of it. A voice reaches 2 and 1.
_STANDS_OUT: Final = (6.0, 3.0)
_LOWEST: Final = 1e-5  # amplitude; -100 dBFS
_ALONE: Final = 3  # a single line must stand out so much more

_LISTENED: Final[Hertz] = np.concatenate(
    [[0.0], *(mains * np.arange(1, _HARMONICS + 1) for mains in MAINS)]
)


@dataclass(frozen=True, slots=True)
class Hum:
    """What to subtract: lines of these frequencies (Hz, 0 is DC) with an amplitude each 10 ms.

    `mains_hz` is the frequency that was found, 0.0 for none.
    """

    rate: int
    frequencies: Hertz
    amplitudes: Lines
    mains_hz: float

    @property
    def dc(self) -> float:
        """How far the sound lay off zero in the mean (1.0 is full scale)."""
        return abs(float(self.amplitudes[:, 0].real.mean()))

    def subtract(self, block: Block, first: int) -> None:
        """Take it out of a block (1, frames) whose first sample begins hop `first`, in place."""
        length = hop(self.rate)
        count = -(-block.shape[1] // length)
        last = len(self.amplitudes) - 1
        hops = np.clip(np.arange(first, first + count), 0, last)
        here = self.amplitudes[hops]
        slope = (
            self.amplitudes[np.minimum(hops + 1, last)] - self.amplitudes[np.maximum(hops - 1, 0)]
        ) / np.complex64(2)
        turn = turns(self.frequencies, np.arange(first, first + count) * length / self.rate)
        inside = turns(self.frequencies, np.arange(length) / self.rate).T
        ramp = ((np.arange(length) + 0.5) / length - 0.5).astype(np.float32)
        parts = np.concatenate([here * turn, slope * turn], axis=1)
        waves = np.concatenate([inside, inside * ramp], axis=0)
        # The real part of a complex product, without the imaginary one.
        sound = parts.real @ waves.real - parts.imag @ waves.imag
        block -= sound.reshape(-1)[: block.shape[1]]


class Ear:
    """Listens to all lines in every channel; feed it with whole hops, only the last one shorter."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._hop = hop(rate)
        self._waves = turns(-_LISTENED, np.arange(self._hop) / rate) / np.float32(self._hop)
        self._rows: list[Lines] = []
        self._count = 0

    def add(self, block: Block) -> None:
        """Take in (channels, frames)."""
        count = block.shape[1] // self._hop
        if not count:
            return
        steps = block[:, : count * self._hop].reshape(len(block), count, self._hop)
        heard = steps @ self._waves.real + np.complex64(1j) * (steps @ self._waves.imag)
        times = np.arange(self._count, self._count + count) * self._hop / self._rate
        self._rows.append((heard * turns(-_LISTENED, times)).astype(np.complex64))
        self._count += count

    def lines(self) -> NDArray[np.complex64]:
        """What was heard: (channels, hops, lines of `_LISTENED`)."""
        return np.concatenate(self._rows, axis=1)


def turns(frequencies: Hertz, seconds: NDArray[np.float64]) -> Lines:
    """e to the i times angle, (moments, lines)."""
    cycles = np.outer(seconds, frequencies) % 1.0
    return np.exp(2j * np.pi * cycles).astype(np.complex64)


def settle(lines: Lines, power: NDArray[np.float32], rate: int) -> Hum:
    """What of the lines (of one channel) is hum. `power`: mean square of each hop.

    DC is always in it; the harmonics of one mains frequency only where they stand out all along.
    """
    seconds = np.arange(len(lines)) * hop(rate) / rate
    trust = _trust(power)
    width = max(3, round(_AROUND_S * rate / hop(rate)))
    frequencies: list[Hertz] = [np.zeros(1)]
    amplitudes = [smoothed(lines[:, :1], np.ones(len(lines)), width)]
    best: tuple[float, float, Hertz, Lines] = (0.0, 0.0, frequencies[0], amplitudes[0])
    for number, mains in enumerate(MAINS):
        first = 1 + number * _HARMONICS
        mine = lines[:, first : first + _HARMONICS]
        aside = _aside(mine, trust, seconds)
        drift = np.cumsum(aside) * hop(rate) / rate  # cycles of the fundamental
        back = np.exp(-2j * np.pi * (np.outer(drift, np.arange(1, _HARMONICS + 1)) % 1.0))
        still = (mine * back).astype(np.complex64)
        steady = smoothed(still, trust, width)
        found = _standing(still, steady, trust, width)
        strength = float((np.abs(steady[:, found]) ** 2).mean(axis=0).sum())
        if strength > best[0]:
            hertz = (mains * (1 + np.flatnonzero(found))).astype(np.float64)
            # Twice: a wave of the other direction makes the other half of a real one.
            both = (2 * steady[:, found] * np.conj(back[:, found])).astype(np.complex64)
            best = (strength, mains + float(aside.mean()), hertz, both)
    if best[0]:
        frequencies.append(best[2])
        amplitudes.append(best[3])
    together = np.concatenate(amplitudes, axis=1).astype(np.complex64)
    return Hum(rate, np.concatenate(frequencies), together, best[1])


def smoothed(values: Lines, trust: NDArray[np.float64], width: int) -> Lines:
    """The mean of `width` hops around each, those that are trusted more counting more."""
    window = np.hanning(width + 2)[1:-1]
    weight = np.maximum(_convolved(trust[:, None].astype(np.complex128), window).real, 1e-30)
    return (_convolved(values * trust[:, None], window) / weight).astype(np.complex64)


def _trust(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """High between the words. What is quiet tells most of what is always there."""
    # So wide that the trust does not itself go up and down with the mains.
    window = np.hanning(_CALM + 2)[1:-1]
    around = np.convolve(np.pad(power.astype(np.float64), _CALM, mode="edge"), window, "same")
    around = around[_CALM:-_CALM] / window.sum()
    floor = float(np.percentile(around, 20)) + 1e-12
    trust: NDArray[np.float64] = floor / (around + floor)
    return trust


def _convolved(
    values: NDArray[np.complexfloating], window: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Along the first axis, of the same length, by way of the spectrum."""
    count = len(values) + len(window)
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.fft(values, size, axis=0) * np.fft.fft(window, size)[:, None]
    start = len(window) // 2
    result: NDArray[np.complex128] = np.fft.ifft(spectrum, axis=0)[start : start + len(values)]
    return result


def _aside(lines: Lines, trust: NDArray[np.float64], seconds: Hertz) -> Hertz:
    """By how many Hz the mains differ from their nominal frequency, at each hop."""
    count = len(lines) // _JOINED
    if not count:
        return np.zeros(len(lines))
    joined = (lines * trust[:, None])[: count * _JOINED].reshape(count, _JOINED, -1).sum(axis=1)
    times = seconds[: count * _JOINED].reshape(count, _JOINED).mean(axis=1)
    wide = np.arange(-_ASIDE_HZ, _ASIDE_HZ + 0.01, 0.02)
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
    """How well all harmonics together hold still if the mains are off by each candidate (Hz)."""
    turn = np.exp(-2j * np.pi * np.outer(candidates, times)).astype(np.complex64)
    here = np.ones_like(turn)
    scores = np.zeros(len(candidates))
    for harmonic in range(lines.shape[1]):
        here *= turn
        energy = float((np.abs(lines[:, harmonic]) ** 2).sum()) + 1e-30
        scores += np.abs(here @ lines[:, harmonic]) ** 2 / energy
    return scores


def _standing(
    still: Lines, steady: Lines, trust: NDArray[np.float64], width: int
) -> NDArray[np.bool_]:
    """Which of the lines are there nearly all the time, above what else is at their place."""
    window = np.hanning(width + 2)[1:-1]
    rest = (np.abs(still - steady) ** 2 * trust[:, None] ** 2).astype(np.complex128)
    weight = np.maximum(_convolved(trust[:, None].astype(np.complex128), window).real, 1e-30)
    doubt = np.maximum(_convolved(rest, window**2).real, 0) / weight**2 + 1e-20
    clear = np.abs(steady) ** 2 / doubt
    half, quarter = np.percentile(clear, [50, 25], axis=0)
    found = (half > _STANDS_OUT[0]) & (quarter > _STANDS_OUT[1])
    found &= np.median(np.abs(steady), axis=0) > _LOWEST
    if found.sum() == 1 and half[found].max() < _ALONE * _STANDS_OUT[0]:
        found[:] = False
    result: NDArray[np.bool_] = found
    return result
