"""Audio: the level of a recording over time, its waveform, loudness and envelope levels."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block, hop
from .envelope_file import COARSER, FEWEST, PER_SECOND
from .growable_array import GrowableArray
from .results import PEAKS
from .rules import SILENCE_DB

QUIETEST_DB: Final = -120.0  # of digital silence; minus infinity is not valid JSON
_ROWS_PER_SECOND: Final = 100  # rows
_RMS, _PEAK = range(2)  # columns
_SCALE: Final = np.float32(1024)  # so that float16 is as exact at -144 dBFS as at full scale
_CHUNK: Final = 8192  # rows processed at a time
_FINE: Final = 64  # rows in one of the 110 bars; more would not be visible
_SILENCE_STEPS: Final = 5  # of 10 ms: silence is detected in blocks of 50 ms
_RMS_SHARE: Final = 0.6  # of a bar; the rest is the peak, which keeps consonants visible
_GAMMA: Final = 0.7  # below 1 it raises quiet passages, so that they stay visible
_TOLERANCE: Final = 1e-6  # of a row: rounding error of a sum of many lengths


class Envelope:
    """Level over the channels and highest sample for every 10 ms, in four bytes."""

    def __init__(self) -> None:
        self._rows = GrowableArray(2, np.float16)
        self._seconds = 0.0
        self._highest = 0.0
        self._partial = np.zeros(2)  # energy and peak of the row that is not complete
        self._pending = np.zeros((2, 0))  # energy and seconds of less than five steps
        self._sound = np.zeros(2)  # energy and seconds of all that is not silence

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
        self._add_loudness(energy, step / rate)
        self._add_rows(energy, peak, step / rate)

    def _add_loudness(self, energy: NDArray[np.float64], step_s: float) -> None:
        """Sum up energy and length of all that is not silence."""
        steps = np.concatenate([self._pending, [energy, np.full(len(energy), step_s)]], axis=1)
        whole = steps.shape[1] // _SILENCE_STEPS * _SILENCE_STEPS
        self._pending = steps[:, whole:]
        self._sound += _sound_of(steps[:, :whole].reshape(2, -1, _SILENCE_STEPS).sum(axis=2))

    def _add_rows(
        self, energy: NDArray[np.float64], peak: NDArray[np.float32], step_s: float
    ) -> None:
        """Divide steps of nearly 10 ms among rows of exactly 10 ms."""
        start = self._seconds * _ROWS_PER_SECOND
        first = math.floor(start + _TOLERANCE)
        if abs(start - first) < _TOLERANCE and abs(
            step_s * _ROWS_PER_SECOND - 1
        ) < _TOLERANCE / len(energy):
            self._seconds += len(energy) * step_s  # the usual case, which is faster
            self._rows.append(_packed(np.stack([energy, peak]), step_s))
            return
        ends = start + np.arange(len(energy) + 1) * (step_s * _ROWS_PER_SECOND)
        self._seconds += len(energy) * step_s
        edges = np.arange(first, math.ceil(ends[-1] - _TOLERANCE) + 1)
        energy_before = np.concatenate([[0.0], np.cumsum(energy)])
        rows = np.empty((2, len(edges) - 1))
        rows[_RMS] = np.diff(np.interp(edges, ends, energy_before))
        since = np.clip(np.searchsorted(ends, edges[:-1] + _TOLERANCE) - 1, 0, len(energy) - 1)
        to = np.clip(np.searchsorted(ends, edges[1:] - _TOLERANCE), since + 1, len(energy))
        # Pairs of places: the maximum from first to last, then an unused one from last to next.
        pairs = np.stack([since, to], axis=1).ravel()
        rows[_PEAK] = np.maximum.reduceat(np.append(peak, np.float32(0)), pairs)[::2]
        rows[_RMS, 0] += self._partial[_RMS]
        rows[_PEAK, 0] = max(rows[_PEAK, 0], self._partial[_PEAK])
        complete = rows.shape[1]
        self._partial = np.zeros(2)
        if ends[-1] < edges[-1] - _TOLERANCE:
            complete -= 1
            self._partial = rows[:, -1].copy()
        self._rows.append(_packed(rows[:, :complete], 1 / _ROWS_PER_SECOND))

    def peak_dbfs(self) -> float:
        """The highest sample of any channel, dB relative to full scale."""
        return decibels(self._highest**2)

    def loudness(self) -> tuple[float, float]:
        """RMS level (dBFS) of what is not silence, and the share (0..1) of time that is."""
        rest = self._pending.sum(axis=1, keepdims=True)
        energy, seconds = self._sound + _sound_of(rest)
        if not seconds:
            return QUIETEST_DB, 1.0
        return decibels(float(energy / seconds)), float(max(0.0, 1 - seconds / self._seconds))

    def peaks(self) -> list[int]:
        """110 bars 0..100 of equal length; the highest is 100, unless all is silence.

        They do not depend on the level of the recording.
        """
        seconds = self._seconds
        if not seconds or not self._highest:
            return [0] * PEAKS
        group = max(1, int(seconds * _ROWS_PER_SECOND / PEAKS / _FINE))
        power, peak = self._grouped(group)
        ends = np.minimum(np.arange(len(power) + 1) * (group / _ROWS_PER_SECOND), seconds)
        edges = np.linspace(0.0, seconds, PEAKS + 1)
        # Energy before any moment, so that a bar gets its exact share of a row.
        energy_before = np.concatenate([[0.0], np.cumsum(power * np.diff(ends))])
        mean = np.diff(np.interp(edges, ends, energy_before)) / np.maximum(np.diff(edges), 1e-9)
        first = np.clip(np.searchsorted(ends, edges[:-1], "right") - 1, 0, len(power) - 1)
        last = np.clip(np.searchsorted(ends, edges[1:], "left"), first + 1, len(power))
        pairs = np.stack([first, last], axis=1).ravel()
        highest = np.maximum.reduceat(np.append(peak, np.float32(0)), pairs)[::2]
        bars = _bars(mean.astype(np.float32), highest)
        return [int(bar) for bar in np.rint(np.float32(100) * bars)]

    def levels(self) -> list[bytes]:
        """The levels of an `envelope_file`: bars 0..255, finest level first.

        The highest bar of each level is 255, unless all is silence.
        """
        count = max(1, math.ceil(self._seconds * PER_SECOND - _TOLERANCE))
        group = _ROWS_PER_SECOND // PER_SECOND
        levels: list[bytes] = []
        while not levels or count >= FEWEST:
            bars = _bars(*self._grouped(group))
            bars *= np.float32(255)
            np.rint(bars, out=bars)
            levels.append(bars.astype(np.uint8).tobytes() or b"\0")
            count, group = -(-count // COARSER), group * COARSER
        return levels

    def _grouped(self, group: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean power and highest sample of each `group` rows; the last group may hold fewer."""
        rows = self._rows.rows
        whole = len(rows)
        left_s = self._seconds - whole / _ROWS_PER_SECOND
        if self._partial.any() and left_s > 0:
            rest = _packed(self._partial[:, None], left_s)
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
                weights[-1] = left_s * _ROWS_PER_SECOND
            here = slice(start // group, start // group + -(-len(rms) // group))
            places = np.arange(0, len(rms), group)
            power[here] = np.add.reduceat(rms * weights, places) / np.add.reduceat(weights, places)
            peak[here] = np.maximum.reduceat(tops, places)
        return power, peak


def decibels(power: float) -> float:
    """A power relative to full scale in dB, never below -120."""
    return max(QUIETEST_DB, 10 * math.log10(power)) if power > 0 else QUIETEST_DB


def _packed(rows: NDArray[np.float64], row_s: float) -> NDArray[np.float16]:
    """Energy and peak of rows, (2, count), as they are stored: RMS and peak, (count, 2)."""
    rows = rows.copy()
    rows[_RMS] = np.sqrt(np.maximum(rows[_RMS], 0.0) / row_s)
    return (rows.T * _SCALE).astype(np.float16)


def _sound_of(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy and seconds of those steps of 50 ms, (2, steps), that are not silence."""
    is_sound = steps[0] > 10 ** (SILENCE_DB / 10) * steps[1]
    total: NDArray[np.float64] = steps[:, is_sound].sum(axis=1)
    return total


def _bars(power: NDArray[np.float32], highest: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bars 0..1 of these powers and peaks; the highest is 1, unless all is silence.

    Both arrays are overwritten, because those of a long recording are large.
    """
    bars = np.sqrt(np.maximum(power, np.float32(0), out=power), out=power)
    bars *= np.float32(_RMS_SHARE)
    highest *= np.float32(1 - _RMS_SHARE)
    bars += highest
    bars /= bars.max(initial=np.float32(0)) or np.float32(1)
    bars **= np.float32(_GAMMA)
    return bars
