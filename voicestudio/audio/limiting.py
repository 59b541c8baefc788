"""Audio: peaks between the samples, and a gain that keeps them below a ceiling.

This module imports numpy: the rest of the house reaches it only through `tidying`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block

Curve = NDArray[np.float32]  # one value for each millisecond

_TIMES: Final = 4  # oversampling; Source: ITU-R BS.1770, annex 2
_TAPS: Final = 16  # of each phase
_AHEAD: Final = 3  # ms before a peak at which the gain is down
_RELEASE_MS: Final = 60.0


def _phases() -> list[NDArray[np.float32]]:
    """The sound a quarter, a half, and three quarters of a sample later."""
    places = np.arange(_TAPS) - _TAPS // 2 + 1
    phases = []
    for phase in range(1, _TIMES):
        at = places - phase / _TIMES
        taps = np.sinc(at) * np.i0(6.0 * np.sqrt(np.maximum(0, 1 - (at / (_TAPS / 2)) ** 2)))
        phases.append((taps / taps.sum())[::-1].astype(np.float32))
    return phases


_PHASES: Final = _phases()


def step(rate: int) -> int:
    """Samples in a millisecond at this rate (Hz)."""
    return max(1, round(rate / 1000))


class Peaks:
    """True peak and power of each millisecond. Feed it with blocks of one rate."""

    def __init__(self, rate: int) -> None:
        self._step = step(rate)
        self._held: Block | None = None
        self._rows: list[tuple[Curve, Curve]] = []

    def add(self, block: Block) -> None:
        """Take in (channels, frames)."""
        if self._held is None:
            self._held = np.zeros((len(block), _TAPS // 2), np.float32)
        sound = np.concatenate([self._held, block], axis=1)
        # A step is heard with half a filter on both sides.
        count = (sound.shape[1] - _TAPS) // self._step
        if count <= 0:
            self._held = sound
            return
        self._rows.append(self._peaks(sound, count))
        self._held = sound[:, count * self._step :].copy()

    def curves(self) -> tuple[Curve, Curve]:
        """Highest peak of any channel (1.0 is full scale), and sum of their mean squares."""
        if self._held is not None and self._held.shape[1] > _TAPS // 2:
            rest = self._held.shape[1] - _TAPS // 2
            count = -(-rest // self._step)
            padding = count * self._step - rest + _TAPS // 2
            self._rows.append(self._peaks(np.pad(self._held, ((0, 0), (0, padding))), count))
            self._held = None
        if not self._rows:
            return np.zeros(0, np.float32), np.zeros(0, np.float32)
        peaks, powers = zip(*self._rows, strict=True)
        return np.concatenate(peaks), np.concatenate(powers)

    def _peaks(self, sound: Block, count: int) -> tuple[Curve, Curve]:
        first, length = _TAPS // 2, count * self._step
        highest, power = np.zeros(count, np.float32), np.zeros(count, np.float32)
        for channel in sound:
            whole = channel[first : first + length]
            around = channel[: first + length + first]
            steps = whole.reshape(count, self._step)
            power += np.einsum("ij,ij->i", steps, steps) / self._step
            for shifted in [whole, *(self._between(around, phase, length) for phase in _PHASES)]:
                steps = shifted.reshape(count, self._step)
                np.maximum(highest, steps.max(axis=1), out=highest)
                np.maximum(highest, -steps.min(axis=1), out=highest)
        return highest, power

    @staticmethod
    def _between(around: NDArray[np.float32], taps: NDArray[np.float32], length: int) -> Curve:
        # Tap number _TAPS // 2 - 1 stands on the sample itself.
        start = _TAPS // 2 - (_TAPS // 2 - 1)
        result: Curve = np.convolve(around, taps, "valid")[start : start + length]
        return result


def reduction(peaks: Curve, gain: float, ceiling: float) -> Curve:
    """What to multiply each millisecond with, so that no peak times `gain` passes `ceiling`.

    Comes down within 3 ms, before the peak, and goes back over some 60 ms.
    """
    needed = np.minimum(1.0, ceiling / np.maximum(peaks * gain, 1e-9)).astype(np.float64)
    if needed.min(initial=1.0) >= 1.0:
        return np.ones(len(peaks), np.float32)
    # One more on both sides, because between two values lies the mean of both.
    padded = np.pad(needed, _AHEAD + 1, constant_values=1.0)
    low = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AHEAD + 3).min(axis=1)
    keep = math.exp(-1 / _RELEASE_MS)
    held, value = [], 1.0
    for wanted in low.tolist():
        value = min(wanted, 1 - (1 - value) * keep)
        held.append(value)
    window = np.hanning(2 * _AHEAD + 3)[1:-1]
    curve = np.convolve(np.pad(held, _AHEAD, mode="edge"), window / window.sum(), "valid")
    return curve.astype(np.float32)


def applied(block: Block, curve: Curve, first: int, rate: int, gain: float) -> Block:
    """The block, whose first sample is number `first` of what the curve tells of."""
    if not len(curve):
        return block * np.float32(gain)
    places = (first + np.arange(block.shape[1]) + 0.5) / step(rate) - 0.5
    factors = np.interp(places, np.arange(len(curve)), curve) * gain
    return block * factors.astype(np.float32)
