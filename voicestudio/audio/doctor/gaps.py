"""Audio, doctor: drop-outs (gaps of digital nothing, pieces heard twice) and clicks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

_Mono = NDArray[np.float32]

_CHUNK_S: Final = 2.0
_LAP_S: Final = 0.5  # heard twice, so that nothing is cut in two
_STILL: Final = 2e-5  # less than one step of 16 bits
_SHORTEST_S: Final = 0.004  # shorter gaps sound like a click and are found as one
_LONGEST_S: Final = 0.25
_JUMP: Final = 3.5  # a cut jumps this many times further than the sound moves from sample to sample
_EDGE_S: Final = 0.002
_BEFORE_S: Final = 0.015
_SOFTEST: Final = 0.006  # -44 dBFS: what stops below that has not been cut off
_FADED: Final = 0.3  # a voice that ends by itself is softer than this share of what it was
_FAR: Final = 16.0  # a click bends the curve this many times more than the sound around it
_ALONE: Final = 0.75  # share of the bending within 10 ms that a click has for itself
_CLICK: Final = 0.02
_WIDTH_S: Final = 0.0003
_TWICE_S: Final = (0.006, 0.25)
_PERIODIC: Final = 0.25  # a chunk that repeats itself more than this was made by a machine
_MOST: Final = 10_000  # of each kind; a file that has more of them has said enough
_ANCHOR: Final = 63  # one sample in 64 is looked at, chosen by what it is


@dataclass(slots=True)
class Gaps:
    """Feed it with one channel; places are in seconds from the start of the recording.

    `dropouts` are gaps that sound cut. `stops` are such that may as well be closed lips: voices
    from a machine, or behind a noise gate, have digital silence wherever they are silent.
    """

    dropouts: list[tuple[float, float]] = field(default_factory=list)
    stops: list[tuple[float, float]] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    _kept: list[_Mono] = field(default_factory=list)
    _length: int = 0
    _start_s: float = 0.0
    _rate: int = 0

    def add(self, mono: _Mono, rate: int) -> None:
        """Take in samples at `rate` Hz."""
        if rate != self._rate and self._rate:
            self.rest()
        self._rate = rate
        self._kept.append(mono.copy())
        self._length += len(mono)
        if self._length >= _CHUNK_S * rate:
            self._look(last=False)

    def rest(self) -> None:
        """The end of the recording."""
        if self._length:
            self._look(last=True)

    def _look(self, *, last: bool) -> None:
        rate = self._rate
        chunk = np.concatenate(self._kept)
        lap = 0 if last else int(_LAP_S * rate)
        until = len(chunk) - lap // 2 if lap else len(chunk)
        after = lap // 2 if self._start_s else 0
        if float(np.abs(chunk).max(initial=0.0)) > _SOFTEST and len(chunk) > rate // 20:
            moves = np.diff(chunk)
            gaps = [*still(chunk, moves, rate), *twice(chunk, rate)]
            found = [at for at in clicks(moves, rate, gaps) if after <= at < until]
            for start, end in gaps:
                if after <= start < until and len(self.dropouts) + len(self.stops) < _MOST:
                    kind = self.dropouts if _jumps(chunk, start, end, rate) else self.stops
                    kind.append((self._start_s + start / rate, self._start_s + end / rate))
            if len(self.clicks) < _MOST:
                self.clicks += [self._start_s + at / rate for at in found]
        self._kept = [chunk[len(chunk) - lap :].copy()] if lap else []
        self._start_s += (len(chunk) - lap) / rate
        self._length = lap


def still(chunk: _Mono, moves: _Mono, rate: int) -> list[tuple[int, int]]:
    """Gaps in which nothing moves although there is sound right before and right after.

    `moves`: from each sample to the next.
    """
    flat = np.abs(moves) <= np.float32(_STILL)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        edges = np.concatenate([[0], edges])
    if len(edges) % 2:
        edges = np.concatenate([edges, [len(flat)]])
    starts, ends = edges[::2], edges[1::2]
    long = (ends - starts >= _SHORTEST_S * rate) & (ends - starts <= _LONGEST_S * rate)
    return [
        (int(start), int(end) + 1)
        for start, end in zip(starts[long], ends[long], strict=True)
        if _cut(chunk[: start + 1][::-1], rate) and _cut(chunk[end:], rate)
    ]


def _cut(away: _Mono, rate: int) -> bool:
    """Is the sound beside a gap (first sample next to it) cut off rather than faded?"""
    edge = away[1 : 1 + int(_EDGE_S * rate)].astype(np.float64)
    more = away[1 : 1 + int(_BEFORE_S * rate)].astype(np.float64)
    if len(edge) < 4:
        return False
    near = float(np.sqrt(np.mean((edge - away[0]) ** 2)))
    far = float(np.sqrt(np.mean(more**2)))
    moves = float(edge.std())  # a constant beside the gap is a step of the machine, no sound
    return near > _SOFTEST and near > _FADED * far and moves > _SOFTEST / 4


def _jumps(chunk: _Mono, start: int, end: int, rate: int) -> bool:
    """Is there a jump where the gap begins or ends?"""
    count = int(_BEFORE_S * rate)
    before = np.abs(np.diff(chunk[max(0, start - count) : start]))
    after = np.abs(np.diff(chunk[end : end + count]))
    for moves, step in (
        (before, abs(float(chunk[start] - chunk[max(0, start - 1)]))),
        (after, abs(float(chunk[min(end, len(chunk) - 1)] - chunk[end - 1]))),
    ):
        if len(moves) and step > _JUMP * float(np.sqrt(np.mean(moves**2))):
            return True
    return False


def twice(chunk: _Mono, rate: int) -> list[tuple[int, int]]:
    """Pieces that are, sample for sample, what was right before them."""
    bits = chunk.view(np.uint32)
    with np.errstate(over="ignore"):
        scattered = bits[:-3] * np.uint32(0x9E3779B1)
        scattered &= np.uint32(_ANCHOR << 20)
        anchors = np.flatnonzero(scattered == 0)
        anchors = anchors[np.abs(chunk[anchors]) > _SOFTEST / 2]
        mixed = bits[anchors] * np.uint32(0x9E3779B1)
        for shift, factor in ((1, 0x85EBCA77), (2, 0xC2B2AE3D), (3, 0x27D4EB2F)):
            mixed += bits[anchors + shift] * np.uint32(factor)
    order = np.argsort(mixed, kind="stable")
    sorted_ = mixed[order]
    same = np.flatnonzero(sorted_[1:] == sorted_[:-1])
    pairs = np.sort(np.stack([anchors[order[same]], anchors[order[same + 1]]]), axis=0)
    lags = pairs[1] - pairs[0]
    likely = (lags >= _TWICE_S[0] * rate) & (lags <= _TWICE_S[1] * rate)
    if likely.sum() > _PERIODIC * len(anchors):
        return []
    found: list[tuple[int, int]] = []
    for second, lag in zip(pairs[1, likely].tolist(), lags[likely].tolist(), strict=True):
        if any(start <= second < end for start, end in found):
            continue
        start, end = _same(chunk, second, lag)
        # A buffer that is played twice repeats about as much as it holds.
        piece = chunk[start:end]
        if end - start >= 0.9 * lag and float(np.sqrt(np.mean(piece**2))) > _SOFTEST:
            found.append((start, end))
    if sum(end - start for start, end in found) > _PERIODIC * len(chunk):
        return []
    return sorted(set(found))


def _same(chunk: _Mono, at: int, lag: int) -> tuple[int, int]:
    """How far around `at` the samples equal those `lag` before them: [start, end)."""
    reach = 2 * lag
    low, high = max(lag, at - reach), min(len(chunk), at + reach)
    unequal = np.flatnonzero(chunk[low:high] != chunk[low - lag : high - lag]) + low
    before, after = unequal[unequal < at], unequal[unequal >= at]
    return (
        int(before[-1]) + 1 if len(before) else low,
        int(after[0]) if len(after) else high,
    )


def clicks(moves: _Mono, rate: int, gaps: list[tuple[int, int]]) -> list[int]:
    """Places where the curve bends for a moment far more than in the sound around it."""
    bend = np.diff(moves)
    np.abs(bend, out=bend)
    hop = max(8, rate // 100)
    count = len(bend) // hop
    if count < 5:
        return []
    rows = bend[: count * hop].reshape(count, hop)
    tops = rows.max(axis=1)
    around = np.sort(
        np.lib.stride_tricks.sliding_window_view(np.pad(tops, 4, mode="reflect"), 9), axis=1
    )[:, 6]
    energy = np.einsum("ij,ij->i", rows, rows)
    likely = (tops > _CLICK) & (tops > _FAR / 4 * around) & (tops**2 > 0.12 * energy)
    found: list[int] = []
    width = max(3, int(_WIDTH_S * rate))
    for row in np.flatnonzero(likely):
        at = int(row) * hop + int(rows[row].argmax())
        low, high = max(0, at - hop // 2), min(len(bend), at + hop // 2)
        wide = float(np.dot(bend[low:high], bend[low:high]))
        core = bend[max(0, at - width) : at + width + 1]
        rest = wide - float(np.dot(core, core))
        others = max(1, high - low - len(core))
        loud = float(np.sqrt(rest / others)) if rest > 0 else 0.0
        if float(np.dot(core, core)) < _ALONE * wide or float(bend[at]) < _FAR * loud:
            continue
        if any(start - 3 * width <= at <= end + 3 * width for start, end in gaps):
            continue
        if found and at - found[-1] < hop:
            continue
        found.append(at)
    return found
