"""Audio, doctor: levels of every 50 ms, and exact sums over all of a recording."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..decoding import Block
from ..growable_array import GrowableArray
from ..segments import regroup
from .clipping import find_flat_tops

STEP_S: Final = 0.05
_PER_SECOND: Final = 20  # steps
_EQUAL: Final = 1e-6  # relative; the softest noise is a hundred times that
_EXACT_S: Final = 1e-4  # by which the start of a step may differ from the extrapolated one


def split_into_steps(blocks: Iterable[tuple[Block, int]]) -> Iterator[tuple[Block, int]]:
    """The same sound in blocks of whole steps (50 ms); see `regroup`."""
    return regroup(blocks, _group_size)


def _group_size(rate: int) -> int:
    """Samples of the shortest sequence of steps that has a whole number of samples."""
    return rate // math.gcd(rate, _PER_SECOND)


def _starts(count: int, rate: int) -> NDArray[np.int64]:
    """Samples at which the steps in `count` samples start."""
    return np.arange(math.ceil(count * _PER_SECOND / rate), dtype=np.int64) * rate // _PER_SECOND


class StepTimes:
    """When each step starts: every 50 ms, unless a rate ends in the middle of a step."""

    def __init__(self) -> None:
        self._known = GrowableArray(2, np.float64)  # step, seconds; others are extrapolated

    def add(self, step: int, seconds: float) -> None:
        """Note when (s) a step starts."""
        if not len(self._known.rows) or abs(self.at(np.array([step]))[0] - seconds) > _EXACT_S:
            self._known.append(np.array([[step, seconds]]))

    def at(self, steps: NDArray[np.intp]) -> NDArray[np.float64]:
        """When (s) these steps start."""
        known, seconds = self._known.rows.T
        last = np.searchsorted(known, steps, "right") - 1
        times: NDArray[np.float64] = seconds[last] + (steps - known[last]) * STEP_S
        return times


class Levels:
    """Levels of all channels. Add blocks from `split_into_steps`."""

    def __init__(self) -> None:
        self._power = GrowableArray(1, np.float32)
        self._flat = GrowableArray(1, np.uint16)
        self.step_times = StepTimes()
        self.samples = 0  # in one channel
        self.clipped = 0  # samples, all channels together
        self.seconds = 0.0
        self.channels = 0
        self.sums: NDArray[np.float64] = np.zeros(0)  # of each channel
        self.energies: NDArray[np.float64] = np.zeros(0)  # sums of squares
        self.peaks: NDArray[np.float64] = np.zeros(0)
        self.product = 0.0  # sum of left times right
        # Of the last block: the peak of every step, for each channel; None if the steps do not
        # have one length.
        self.step_peaks: list[NDArray[np.float32] | None] = []

    def add(self, block: Block, rate: int) -> None:
        """Add (channels, frames) at `rate` Hz."""
        if not self.channels:
            self.channels = len(block)
            self.sums = np.zeros(self.channels)
            self.energies = np.zeros(self.channels)
            self.peaks = np.zeros(self.channels)
        self.step_times.add(len(self.power), self.seconds)
        starts = _starts(block.shape[1], rate)
        lengths = np.diff(starts, append=block.shape[1])
        powers = np.zeros((len(starts), 1), np.float32)
        clipped = np.zeros((len(starts), 1), np.uint16)
        self.step_peaks = []
        for index, channel in enumerate(block[: self.channels]):
            even = lengths[0] * len(starts) == len(channel)
            if even:  # the usual case, which is faster
                steps = channel.reshape(len(starts), -1)
                power = np.einsum("ij,ij->i", steps, steps)
                peaks = np.maximum(steps.max(axis=1), -steps.min(axis=1))
            else:
                power = np.add.reduceat(np.square(channel), starts)
                peaks = np.maximum.reduceat(np.abs(channel), starts)
            powers[:, 0] += power
            self.energies[index] += float(power.sum(dtype=np.float64))
            total = float(channel.sum(dtype=np.float64))
            self.sums[index] += total
            self.peaks[index] = max(self.peaks[index], float(peaks.max()))
            self.step_peaks.append(peaks if even else None)
            flat = find_flat_tops(
                channel, rate, float(peaks.max()), self.step_peaks[-1], total / len(channel)
            )
            if len(flat):
                steps_of_flat = np.searchsorted(starts, flat, "right") - 1
                clipped[:, 0] += np.bincount(steps_of_flat, minlength=len(starts)).astype(np.uint16)
                self.clipped += len(flat)
        powers[:, 0] /= lengths * len(block)
        if len(block) == 2:
            self.product += float(np.dot(block[0], block[1]))
        self._power.append(powers)
        self._flat.append(clipped)
        self.samples += block.shape[1]
        self.seconds += block.shape[1] / rate

    @property
    def power(self) -> NDArray[np.float32]:
        """Mean square over the channels in each step."""
        power: NDArray[np.float32] = self._power.rows[:, 0]
        return power

    @property
    def flat(self) -> NDArray[np.uint16]:
        """Clipped samples in each step, all channels together."""
        flat: NDArray[np.uint16] = self._flat.rows[:, 0]
        return flat

    @property
    def is_constant(self) -> bool:
        """Has each channel been one and the same value all the time?"""
        constant = np.abs(self.sums) >= (1 - _EQUAL) * self.peaks * self.samples
        return bool(constant.all())
