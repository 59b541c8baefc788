"""Audio: how loud a recording is over its time, and what follows from that.

This module imports numpy: the rest of the house reaches it only through `intake`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block, hop
from .doctor.growing import Growing
from .measures import PEAKS, QUIETEST_DB
from .rules import SILENCE_DB

_A_SECOND: Final = 100  # rows
_RMS, _PEAK = range(2)
_SCALE: Final = np.float32(1024)  # so that halves hold -144 dBFS as exactly as full scale
_CHUNK: Final = 8192  # rows that are worked on at a time
_FINE: Final = 64  # rows in one of the 110 bars, from which on more would not be seen
_PER_STEP: Final = 5  # five times 10 ms: silence is judged by 50 ms
_RMS_SHARE: Final = 0.6  # of a bar; the rest is the peak, which keeps consonants visible
_BEND: Final = 0.7  # below 1 lifts quiet passages, so that they do not vanish beside loud ones
_NEAR: Final = 1e-6  # of a row: what a sum of many lengths may be off


class Envelope:
    """Level over the channels and highest sample for every 10 ms, in four bytes."""

    def __init__(self) -> None:
        self._rows = Growing(2, np.float16)
        self._seconds = 0.0
        self._highest = 0.0
        self._open = np.zeros(2)  # energy and peak of the row that is not complete
        self._fives = np.zeros((2, 0))  # energy and seconds of less than five steps
        self._heard = np.zeros(2)  # energy and seconds of what is not silence

    def add(self, block: Block, rate: int) -> None:
        """Append a block, (channels, frames) at `rate` Hz, full scale 1.0."""
        step = hop(rate)
        whole = block.shape[1] // step * step
        if whole:
            self._append(block[:, :whole], step, rate)
        if whole < block.shape[1]:
            self._append(block[:, whole:], block.shape[1] - whole, rate)

    def _append(self, block: Block, step: int, rate: int) -> None:
        count = block.shape[1] // step
        power = np.zeros(count, np.float32)
        peak = np.zeros(count, np.float32)
        for channel in block:
            steps = channel.reshape(count, step)
            power += np.einsum("ij,ij->i", steps, steps)
            np.maximum(peak, steps.max(axis=1), out=peak)
            np.maximum(peak, -steps.min(axis=1), out=peak)
        power /= step * len(block)
        self._highest = max(self._highest, float(peak.max()))
        energy = power.astype(np.float64) * (step / rate)
        self._weigh(energy, step / rate)
        self._lay(energy, peak, step / rate)

    def _weigh(self, energy: NDArray[np.float64], step_s: float) -> None:
        """Add up what is not silence."""
        steps = np.concatenate([self._fives, [energy, np.full(len(energy), step_s)]], axis=1)
        whole = steps.shape[1] // _PER_STEP * _PER_STEP
        self._fives = steps[:, whole:]
        self._heard += _not_silent(steps[:, :whole].reshape(2, -1, _PER_STEP).sum(axis=2))

    def _lay(self, energy: NDArray[np.float64], peak: NDArray[np.float32], step_s: float) -> None:
        """Bring steps of nearly 10 ms into rows of exactly that; each gets its part of a step."""
        start = self._seconds * _A_SECOND
        first = math.floor(start + _NEAR)
        if abs(start - first) < _NEAR and abs(step_s * _A_SECOND - 1) < _NEAR / len(energy):
            self._seconds += len(energy) * step_s  # as nearly always; it is quicker
            self._rows.append(_packed(np.stack([energy, peak]), step_s))
            return
        ends = start + np.arange(len(energy) + 1) * (step_s * _A_SECOND)
        self._seconds += len(energy) * step_s
        edges = np.arange(first, math.ceil(ends[-1] - _NEAR) + 1)
        until = np.concatenate([[0.0], np.cumsum(energy)])
        rows = np.empty((2, len(edges) - 1))
        rows[_RMS] = np.diff(np.interp(edges, ends, until))
        since = np.clip(np.searchsorted(ends, edges[:-1] + _NEAR) - 1, 0, len(energy) - 1)
        to = np.clip(np.searchsorted(ends, edges[1:] - _NEAR), since + 1, len(energy))
        # Pairs of places: the highest from the first to the last, then of what lies between.
        pairs = np.stack([since, to], axis=1).ravel()
        rows[_PEAK] = np.maximum.reduceat(np.append(peak, np.float32(0)), pairs)[::2]
        rows[_RMS, 0] += self._open[_RMS]
        rows[_PEAK, 0] = max(rows[_PEAK, 0], self._open[_PEAK])
        complete = rows.shape[1]
        self._open = np.zeros(2)
        if ends[-1] < edges[-1] - _NEAR:
            complete -= 1
            self._open = rows[:, -1].copy()
        self._rows.append(_packed(rows[:, :complete], 1 / _A_SECOND))

    def peak_dbfs(self) -> float:
        """The highest sample of any channel, dB relative to full scale."""
        return decibels(self._highest**2)

    def loudness(self) -> tuple[float, float]:
        """RMS level (dBFS) of what is not silence, and the share (0..1) of time that is."""
        rest = self._fives.sum(axis=1, keepdims=True)
        energy, seconds = self._heard + _not_silent(rest)
        if not seconds:
            return QUIETEST_DB, 1.0
        return decibels(float(energy / seconds)), float(max(0.0, 1 - seconds / self._seconds))

    def peaks(self) -> list[int]:
        """110 bars 0..100 of equal time, the highest of them 100, unless all is silence.

        The same sound gives the same bars at any level.
        """
        seconds = self._seconds
        if not seconds or not self._highest:
            return [0] * PEAKS
        group = max(1, int(seconds * _A_SECOND / PEAKS / _FINE))
        power, peak = self._folded(group)
        ends = np.minimum(np.arange(len(power) + 1) * (group / _A_SECOND), seconds)
        edges = np.linspace(0.0, seconds, PEAKS + 1)
        # Energy until any moment, so that a bar gets its exact part of a row that it shares.
        until = np.concatenate([[0.0], np.cumsum(power * np.diff(ends))])
        mean = np.diff(np.interp(edges, ends, until)) / np.maximum(np.diff(edges), 1e-9)
        first = np.clip(np.searchsorted(ends, edges[:-1], "right") - 1, 0, len(power) - 1)
        last = np.clip(np.searchsorted(ends, edges[1:], "left"), first + 1, len(power))
        pairs = np.stack([first, last], axis=1).ravel()
        highest = np.maximum.reduceat(np.append(peak, np.float32(0)), pairs)[::2]
        bars = _bars(mean.astype(np.float32), highest)
        return [int(bar) for bar in np.rint(np.float32(100) * bars)]

    def levels(self, per_second: int, *, coarser: int, fewest: int) -> list[bytes]:
        """Bars 0..255 of 1/`per_second` s each, then the same `coarser` times as long, and so on.

        `per_second` divides 100. The last level has `fewest` bars or more, unless it is the only
        one. The highest bar of each level is 255, unless all is silence.
        """
        count = max(1, math.ceil(self._seconds * per_second - _NEAR))
        group = _A_SECOND // per_second
        levels: list[bytes] = []
        while not levels or count >= fewest:
            bars = _bars(*self._folded(group))
            bars *= np.float32(255)
            np.rint(bars, out=bars)
            levels.append(bars.astype(np.uint8).tobytes() or b"\0")
            count, group = -(-count // coarser), group * coarser
        return levels

    def _folded(self, group: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean power and highest sample of so many rows each; the last may hold fewer."""
        rows = self._rows.rows
        whole = len(rows)
        left_s = self._seconds - whole / _A_SECOND
        if self._open.any() and left_s > 0:
            rest = _packed(self._open[:, None], left_s)
        else:
            rest, left_s = np.empty((0, 2), np.float16), 0.0
        count = -(-(whole + len(rest)) // group)
        power, peak = np.zeros(count, np.float32), np.zeros(count, np.float32)
        step = max(1, _CHUNK // group) * group
        for start in range(0, whole + len(rest), step):
            part = rows[start : start + step]
            if start + step > whole:
                part = np.concatenate([part, rest])
            rms, tops = part.astype(np.float32).T / _SCALE
            rms *= rms
            weights = np.ones(len(rms), np.float32)
            if len(rest) and start + step > whole:
                weights[-1] = left_s * _A_SECOND
            here = slice(start // group, start // group + -(-len(rms) // group))
            places = np.arange(0, len(rms), group)
            power[here] = np.add.reduceat(rms * weights, places) / np.add.reduceat(weights, places)
            peak[here] = np.maximum.reduceat(tops, places)
        return power, peak


def decibels(power: float) -> float:
    """A power relative to full scale in dB, never below -120."""
    return max(QUIETEST_DB, 10 * math.log10(power)) if power > 0 else QUIETEST_DB


def _packed(rows: NDArray[np.float64], row_s: float) -> NDArray[np.float16]:
    """Energy and peak of rows as they are kept: level and peak."""
    rows = rows.copy()
    rows[_RMS] = np.sqrt(np.maximum(rows[_RMS], 0.0) / row_s)
    return (rows.T * _SCALE).astype(np.float16)


def _not_silent(fives: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy and seconds of those steps of 50 ms, (2, steps), that are no silence."""
    heard = fives[0] > 10 ** (SILENCE_DB / 10) * fives[1]
    kept: NDArray[np.float64] = fives[:, heard].sum(axis=1)
    return kept


def _bars(power: NDArray[np.float32], highest: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bars 0..1 of these powers and peaks, the highest of them 1, unless all is silence.

    Both are used up: so much of a long recording is not held twice.
    """
    bars = np.sqrt(np.maximum(power, np.float32(0), out=power), out=power)
    bars *= np.float32(_RMS_SHARE)
    highest *= np.float32(1 - _RMS_SHARE)
    bars += highest
    bars /= bars.max(initial=np.float32(0)) or np.float32(1)
    bars **= np.float32(_BEND)
    return bars
