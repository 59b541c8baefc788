"""Audio: how loud a recording is over its time, and what follows from that.

This module imports numpy: the rest of the house reaches it only through `intake`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block, hop
from .measures import PEAKS, QUIETEST_DB
from .rules import SILENCE_DB

_POWER, _PEAK, _SECONDS = range(3)
_PER_STEP: Final = 5  # five times 10 ms: silence is judged by 50 ms
_RMS_SHARE: Final = 0.6  # of a bar; the rest is the peak, which keeps consonants visible
_BEND: Final = 0.7  # below 1 lifts quiet passages, so that they do not vanish beside loud ones


class Envelope:
    """Mean power over the channels, highest sample and length for every 10 ms."""

    def __init__(self) -> None:
        self._rows: NDArray[np.float32] = np.empty((4096, 3), np.float32)
        self._count = 0

    def add(self, block: Block, rate: int) -> None:
        """Append a block, (channels, frames) at `rate` Hz, full scale 1.0."""
        step = hop(rate)
        whole = block.shape[1] // step * step
        self._append(block[:, :whole], step, rate)
        if whole < block.shape[1]:
            self._append(block[:, whole:], block.shape[1] - whole, rate)

    def _append(self, block: Block, step: int, rate: int) -> None:
        count = block.shape[1] // step
        while self._count + count > len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        rows = self._rows[self._count : self._count + count]
        rows[:] = 0
        rows[:, _SECONDS] = step / rate
        power = rows[:, _POWER]
        peak = rows[:, _PEAK]
        for channel in block:
            steps = channel.reshape(count, step)
            power += np.einsum("ij,ij->i", steps, steps)
            np.maximum(peak, steps.max(axis=1), out=peak)
            np.maximum(peak, -steps.min(axis=1), out=peak)
        power /= step * len(block)
        self._count += count

    @property
    def rows(self) -> NDArray[np.float32]:
        """What was gathered: one row for every 10 ms, columns power, peak, seconds."""
        return self._rows[: self._count]

    def peak_dbfs(self) -> float:
        """The highest sample of any channel, dB relative to full scale."""
        return decibels(float(self.rows[:, _PEAK].max(initial=0.0)) ** 2)

    def loudness(self) -> tuple[float, float]:
        """RMS level (dBFS) of what is not silence, and the share (0..1) of time that is."""
        seconds = _fives(self.rows[:, _SECONDS].astype(np.float64))
        energy = _fives(self.rows[:, _POWER].astype(np.float64) * self.rows[:, _SECONDS])
        heard = energy > 10 ** (SILENCE_DB / 10) * seconds
        if not heard.any():
            return QUIETEST_DB, 1.0
        level = decibels(float(energy[heard].sum() / seconds[heard].sum()))
        return level, float(seconds[~heard].sum() / seconds.sum())

    def peaks(self) -> list[int]:
        """110 bars 0..100 of equal time, the highest of them 100, unless all is silence.

        The same sound gives the same bars at any level.
        """
        seconds = float(self.rows[:, _SECONDS].sum(dtype=np.float64))
        if not seconds:
            return [0] * PEAKS
        bars = self._bars(np.linspace(0.0, seconds, PEAKS + 1))
        return [int(bar) for bar in np.rint(100 * bars)]

    def levels(self, per_second: int, *, coarser: int, fewest: int) -> list[bytes]:
        """Bars 0..255 of 1/`per_second` s each, then the same `coarser` times as long, and so on.

        The last level has `fewest` bars or more, unless it is the only one. The highest bar of
        each level is 255, unless all is silence.
        """
        seconds = float(self.rows[:, _SECONDS].sum(dtype=np.float64))
        count = max(1, math.ceil(seconds * per_second))
        step = 1 / per_second
        levels: list[bytes] = []
        while not levels or count >= fewest:
            edges = np.minimum(np.arange(count + 1) * step, seconds)
            levels.append(np.rint(255 * self._bars(edges)).astype(np.uint8).tobytes())
            count, step = -(-count // coarser), step * coarser
        return levels

    def _bars(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bars 0..1 between these moments (s), the highest of them 1, unless all is silence."""
        rows = self.rows
        if not len(rows) or not rows[:, _PEAK].max():
            return np.zeros(len(edges) - 1)
        seconds = rows[:, _SECONDS].astype(np.float64)
        ends = np.concatenate([[0.0], np.cumsum(seconds)])
        # Energy until any moment, so that a bar gets its exact part of a row that it shares.
        until = np.concatenate([[0.0], np.cumsum(rows[:, _POWER] * seconds)])
        width = np.maximum(np.diff(edges), 1e-9)
        power = np.diff(np.interp(edges, ends, until)) / width
        first = np.clip(np.searchsorted(ends, edges[:-1], "right") - 1, 0, len(rows) - 1)
        last = np.clip(np.searchsorted(ends, edges[1:], "left"), first + 1, len(rows))
        # Pairs of places: the highest from first to last, then of what lies between (left out).
        peaks = np.append(rows[:, _PEAK], np.float32(0))
        highest = np.maximum.reduceat(peaks, np.stack([first, last], axis=1).ravel())[::2]
        bars: NDArray[np.float64] = (
            _RMS_SHARE * np.sqrt(np.maximum(power, 0.0)) + (1 - _RMS_SHARE) * highest
        )
        bars /= bars.max() or 1.0
        bars **= _BEND
        return bars


def decibels(power: float) -> float:
    """A power relative to full scale in dB, never below -120."""
    return max(QUIETEST_DB, 10 * math.log10(power)) if power > 0 else QUIETEST_DB


def _fives(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over each five; the last one may hold fewer."""
    sums: NDArray[np.float64] = np.add.reduceat(values, np.arange(0, len(values), _PER_STEP))
    return sums
