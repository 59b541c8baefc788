"""Audio, doctor: levels of the channels, 50 ms a row, and exact sums over all of a recording."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..decoding import Block
from .clipping import flat_tops
from .growing import Growing

STEP_S: Final = 0.05
_A_SECOND: Final = 20  # steps
_SAME: Final = 1e-6  # relative; the least bit of noise is a hundred times that
_OFF_S: Final = 1e-4  # what a step may begin sooner or later than its number says


def in_steps(blocks: Iterable[tuple[Block, int]]) -> Iterator[tuple[Block, int]]:
    """The same sound in blocks of whole steps (50 ms); only the last of a rate may hold others."""
    kept: Block | None = None
    kept_rate = 0
    for block, rate in blocks:
        if kept is not None and (rate != kept_rate or len(kept) != len(block)):
            yield kept, kept_rate
            kept = None
        joined = block if kept is None else np.concatenate([kept, block], axis=1)
        whole = joined.shape[1] // group_of(rate) * group_of(rate)
        kept = joined[:, whole:].copy() if whole < joined.shape[1] else None
        kept_rate = rate
        if whole:
            yield joined[:, :whole], rate
    if kept is not None:
        yield kept, kept_rate


def group_of(rate: int) -> int:
    """Samples after which steps of 50 ms begin on a sample again: a step, or a few of them."""
    return rate // math.gcd(rate, _A_SECOND)


def _starts(count: int, rate: int) -> NDArray[np.int64]:
    """Samples at which the steps in `count` samples begin."""
    return np.arange(math.ceil(count * _A_SECOND / rate), dtype=np.int64) * rate // _A_SECOND


class Clock:
    """When each step begins: every 50 ms, but for where a rate ends in the middle of a step."""

    def __init__(self) -> None:
        self._known = Growing(2, np.float64)  # a step and its second; the others are counted on

    def tell(self, step: int, seconds: float) -> None:
        """A step, and when (s) it begins."""
        if not len(self._known.rows) or abs(self.at(np.array([step]))[0] - seconds) > _OFF_S:
            self._known.append(np.array([[step, seconds]]))

    def at(self, steps: NDArray[np.intp]) -> NDArray[np.float64]:
        """When (s) these steps begin."""
        known, seconds = self._known.rows.T
        last = np.searchsorted(known, steps, "right") - 1
        times: NDArray[np.float64] = seconds[last] + (steps - known[last]) * STEP_S
        return times


class Levels:
    """What each channel does. Feed it with `in_steps`."""

    def __init__(self) -> None:
        self._power = Growing(1, np.float32)
        self._flat = Growing(1, np.uint16)
        self.clock = Clock()
        self.samples = 0  # in one channel
        self.clipped = 0  # samples of all channels on a flat top
        self.seconds = 0.0
        self.channels = 0
        self.sums: NDArray[np.float64] = np.zeros(0)  # of each channel
        self.energies: NDArray[np.float64] = np.zeros(0)  # sums of squares
        self.peaks: NDArray[np.float64] = np.zeros(0)
        self.product = 0.0  # sum of left times right
        # Of the last block: the highest sample of every step, for each channel; None where the
        # steps are not of one length.
        self.tops: list[NDArray[np.float32] | None] = []

    def add(self, block: Block, rate: int) -> None:
        """Take in (channels, frames) at `rate` Hz."""
        if not self.channels:
            self.channels = len(block)
            self.sums = np.zeros(self.channels)
            self.energies = np.zeros(self.channels)
            self.peaks = np.zeros(self.channels)
        self.clock.tell(len(self.power), self.seconds)
        starts = _starts(block.shape[1], rate)
        lengths = np.diff(starts, append=block.shape[1])
        powers = np.zeros((len(starts), 1), np.float32)
        clipped = np.zeros((len(starts), 1), np.uint16)
        self.tops = []
        for index, channel in enumerate(block[: self.channels]):
            even = lengths[0] * len(starts) == len(channel)
            if even:  # as nearly always; it is quicker
                steps = channel.reshape(len(starts), -1)
                power = np.einsum("ij,ij->i", steps, steps)
                tops = np.maximum(steps.max(axis=1), -steps.min(axis=1))
            else:
                power = np.add.reduceat(np.square(channel), starts)
                tops = np.maximum.reduceat(np.abs(channel), starts)
            powers[:, 0] += power
            self.energies[index] += float(power.sum(dtype=np.float64))
            self.sums[index] += float(channel.sum(dtype=np.float64))
            self.peaks[index] = max(self.peaks[index], float(tops.max()))
            self.tops.append(tops if even else None)
            flat = flat_tops(channel, rate, float(tops.max()), self.tops[-1])
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
        """Samples on a flat top in each step, all channels together."""
        flat: NDArray[np.uint16] = self._flat.rows[:, 0]
        return flat

    @property
    def moves(self) -> bool:
        """Has any channel been anything but one and the same value?"""
        still = np.abs(self.sums) >= (1 - _SAME) * self.peaks * self.samples
        return not bool(still.all())
