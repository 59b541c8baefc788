"""Audio, doctor: levels of the channels, 50 ms a row, and exact sums over all of a recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..decoding import Block, hop
from .clipping import flat_tops
from .growing import Growing

STEP_S: Final = 0.05
_HOPS: Final = 5
_POWER, _PEAK, _SECONDS = range(3)


def in_steps(blocks: Iterable[tuple[Block, int]]) -> Iterator[tuple[Block, int]]:
    """The same sound in blocks of whole steps (50 ms); only the last of a rate may be shorter."""
    kept: Block | None = None
    kept_rate = 0
    for block, rate in blocks:
        if kept is not None and (rate != kept_rate or len(kept) != len(block)):
            yield kept, kept_rate
            kept = None
        joined = block if kept is None else np.concatenate([kept, block], axis=1)
        whole = joined.shape[1] // step_of(rate) * step_of(rate)
        kept = joined[:, whole:].copy() if whole < joined.shape[1] else None
        kept_rate = rate
        if whole:
            yield joined[:, :whole], rate
    if kept is not None:
        yield kept, kept_rate


def step_of(rate: int) -> int:
    """Samples in a step of 50 ms at this rate (Hz)."""
    return _HOPS * hop(rate)


class Levels:
    """What each channel does. Feed it with `in_steps`."""

    def __init__(self) -> None:
        self._rows = Growing(3, np.float32)
        self._clipped = Growing(1, np.uint16)
        self.samples = 0  # in one channel
        self.clipped = 0  # samples of all channels on a flat top
        self.seconds = 0.0
        self.channels = 0
        self.sums: NDArray[np.float64] = np.zeros(0)  # of each channel
        self.energies: NDArray[np.float64] = np.zeros(0)  # sums of squares
        self.peaks: NDArray[np.float64] = np.zeros(0)
        self.product = 0.0  # sum of left times right

    def add(self, block: Block, rate: int) -> None:
        """Take in (channels, frames) at `rate` Hz."""
        if not self.channels:
            self.channels = len(block)
            self.sums = np.zeros(self.channels)
            self.energies = np.zeros(self.channels)
            self.peaks = np.zeros(self.channels)
        step = min(step_of(rate), block.shape[1])
        count = block.shape[1] // step
        rows = np.zeros((count, 3), np.float32)
        clipped = np.zeros((count, 1), np.uint16)
        rows[:, _SECONDS] = step / rate
        for index, channel in enumerate(block[: self.channels]):
            steps = channel.reshape(count, step)
            power = np.einsum("ij,ij->i", steps, steps)
            rows[:, _POWER] += power
            tops = np.maximum(steps.max(axis=1), -steps.min(axis=1))
            np.maximum(rows[:, _PEAK], tops, out=rows[:, _PEAK])
            self.energies[index] += float(power.sum(dtype=np.float64))
            self.sums[index] += float(channel.sum(dtype=np.float64))
            self.peaks[index] = max(self.peaks[index], float(tops.max()))
            flat = flat_tops(channel, float(tops.max()))
            if len(flat):
                clipped[:, 0] += np.bincount(flat // step, minlength=count).astype(np.uint16)
                self.clipped += len(flat)
        rows[:, _POWER] /= step * len(block)
        if len(block) == 2:
            self.product += float(np.dot(block[0], block[1]))
        self._rows.append(rows)
        self._clipped.append(clipped)
        self.samples += block.shape[1]
        self.seconds += block.shape[1] / rate

    @property
    def power(self) -> NDArray[np.float32]:
        """Mean square over the channels in each step."""
        power: NDArray[np.float32] = self._rows.rows[:, _POWER]
        return power

    @property
    def peak(self) -> NDArray[np.float32]:
        """Highest sample of any channel in each step."""
        peak: NDArray[np.float32] = self._rows.rows[:, _PEAK]
        return peak

    @property
    def flat(self) -> NDArray[np.uint16]:
        """Samples on a flat top in each step, all channels together."""
        flat: NDArray[np.uint16] = self._clipped.rows[:, 0]
        return flat

    @property
    def starts(self) -> NDArray[np.float64]:
        """When each step begins (s), and when the last one ends: one more than steps."""
        return np.concatenate([[0.0], np.cumsum(self._rows.rows[:, _SECONDS], dtype=np.float64)])
