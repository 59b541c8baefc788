"""Audio, doctor: finds drop-outs (digital silence, repeated buffers) and clicks."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

_Mono = NDArray[np.float32]

_CHUNK_S: Final = 2.0
_OVERLAP_S: Final = 0.5  # of chunks, so that no gap is cut in two
_CONSTANT: Final = 2e-5  # less than one step of 16 bits
_SHORTEST_S: Final = 0.004  # shorter gaps sound like a click and are found as clicks
_LONGEST_S: Final = 0.25
_JUMP: Final = 3.5  # step at the edge of a gap, relative to the steps of the signal beside it
_EDGE_S: Final = 0.002
_BEFORE_S: Final = 0.015
_LEVEL_MIN: Final = 0.006  # -44 dBFS: softer signals are not cut off audibly
_FADED: Final = 0.3  # a voice that ends naturally is softer than this share of its level
_FAR: Final = 16.0  # second difference of a click, relative to the signal around it
_ALONE: Final = 0.75  # share of a click in the energy of second differences within 10 ms
_CLICK: Final = 0.02
_WIDTH_S: Final = 0.0003
_REPEAT_S: Final = (0.006, 0.25)  # length of a repeated buffer
_PERIODIC: Final = 0.25  # a chunk that repeats more than this is synthetic
_MOST: Final = 10_000  # of each kind
_ANCHOR: Final = 63  # one sample in 64 is compared, selected by its value


@dataclass(frozen=True, slots=True)
class Click:
    """When (s) there is a click, and how high it is: as high as a single sample of that level."""

    at_s: float
    height_db: float


@dataclass(slots=True)
class GapDetector:
    """Finds gaps and clicks in one channel; all times are seconds from the start.

    `dropouts` are gaps with abrupt edges. `stops` are gaps that may be plosives: synthetic voices,
    and voices behind a noise gate, have digital silence wherever they are silent.
    """

    dropouts: list[tuple[float, float]] = field(default_factory=list)
    stops: list[tuple[float, float]] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    _chunks: list[_Mono] = field(default_factory=list)
    _length: int = 0
    _start_s: float = 0.0
    _rate: int = 0

    def add(self, mono: _Mono, rate: int) -> None:
        """Add samples at `rate` Hz."""
        if rate != self._rate and self._rate:
            self.finish()
        self._rate = rate
        self._chunks.append(mono.copy())
        self._length += len(mono)
        if self._length >= _CHUNK_S * rate:
            self._search(last=False)

    def finish(self) -> None:
        """End the recording."""
        if self._length:
            self._search(last=True)

    def _search(self, *, last: bool) -> None:
        rate = self._rate
        chunk = np.concatenate(self._chunks)
        overlap = 0 if last else int(_OVERLAP_S * rate)
        until = len(chunk) - overlap // 2 if overlap else len(chunk)
        after = overlap // 2 if self._start_s else 0
        if float(np.abs(chunk).max(initial=0.0)) > _LEVEL_MIN and len(chunk) > rate // 20:
            steps = np.diff(chunk)
            gaps = [*find_constant(chunk, steps, rate), *find_repeats(chunk, rate)]
            clicks = find_clicks(steps, rate, gaps)
            for start, end in gaps:
                if after <= start < until and len(self.dropouts) + len(self.stops) < _MOST:
                    kind = (
                        self.dropouts if _has_abrupt_edge(chunk, start, end, rate) else self.stops
                    )
                    kind.append((self._start_s + start / rate, self._start_s + end / rate))
            if len(self.clicks) < _MOST:
                self.clicks += [
                    Click(self._start_s + at / rate, 20 * math.log10(height))
                    for at, height in clicks
                    if after <= at < until
                ]
        self._chunks = [chunk[len(chunk) - overlap :].copy()] if overlap else []
        self._start_s += (len(chunk) - overlap) / rate
        self._length = overlap


def find_constant(chunk: _Mono, steps: _Mono, rate: int) -> list[tuple[int, int]]:
    """Gaps of one constant value with sound right before and after.

    `steps`: differences of the samples of `chunk`.
    """
    flat = np.abs(steps) <= np.float32(_CONSTANT)
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
        if _is_cut_off(chunk[: start + 1][::-1], rate) and _is_cut_off(chunk[end:], rate)
    ]


def _is_cut_off(away: _Mono, rate: int) -> bool:
    """Is the sound beside a gap cut off, not faded? `away` starts at the gap."""
    edge = away[1 : 1 + int(_EDGE_S * rate)].astype(np.float64)
    more = away[1 : 1 + int(_BEFORE_S * rate)].astype(np.float64)
    if len(edge) < 4:
        return False
    near = float(np.sqrt(np.mean((edge - away[0]) ** 2)))
    far = float(np.sqrt(np.mean(more**2)))
    varies = float(edge.std()) > _LEVEL_MIN / 4  # a constant beside the gap is not sound
    return near > _LEVEL_MIN and near > _FADED * far and varies


def _has_abrupt_edge(chunk: _Mono, start: int, end: int, rate: int) -> bool:
    """Is there a jump at the start or the end of the gap?"""
    count = int(_BEFORE_S * rate)
    before = np.abs(np.diff(chunk[max(0, start - count) : start]))
    after = np.abs(np.diff(chunk[end : end + count]))
    for steps, jump in (
        (before, abs(float(chunk[start] - chunk[max(0, start - 1)]))),
        (after, abs(float(chunk[min(end, len(chunk) - 1)] - chunk[end - 1]))),
    ):
        if len(steps) and jump > _JUMP * float(np.sqrt(np.mean(steps**2))):
            return True
    return False


def find_repeats(chunk: _Mono, rate: int) -> list[tuple[int, int]]:
    """Parts that repeat exactly the samples before them."""
    bits = chunk.view(np.uint32)
    with np.errstate(over="ignore"):
        scattered = bits[:-3] * np.uint32(0x9E3779B1)
        scattered &= np.uint32(_ANCHOR << 20)
        anchors = np.flatnonzero(scattered == 0)
        anchors = anchors[np.abs(chunk[anchors]) > _LEVEL_MIN / 2]
        mixed = bits[anchors] * np.uint32(0x9E3779B1)
        for shift, factor in ((1, 0x85EBCA77), (2, 0xC2B2AE3D), (3, 0x27D4EB2F)):
            mixed += bits[anchors + shift] * np.uint32(factor)
    order = np.argsort(mixed, kind="stable")
    sorted_ = mixed[order]
    same = np.flatnonzero(sorted_[1:] == sorted_[:-1])
    pairs = np.sort(np.stack([anchors[order[same]], anchors[order[same + 1]]]), axis=0)
    lags = pairs[1] - pairs[0]
    plausible = (lags >= _REPEAT_S[0] * rate) & (lags <= _REPEAT_S[1] * rate)
    if plausible.sum() > _PERIODIC * len(anchors):
        return []
    found: list[tuple[int, int]] = []
    for second, lag in zip(pairs[1, plausible].tolist(), lags[plausible].tolist(), strict=True):
        if any(start <= second < end for start, end in found):
            continue
        start, end = _equal_range(chunk, second, lag)
        # A buffer that is played twice is repeated in full length.
        part = chunk[start:end]
        if end - start >= 0.9 * lag and float(np.sqrt(np.mean(part**2))) > _LEVEL_MIN:
            found.append((start, end))
    if sum(end - start for start, end in found) > _PERIODIC * len(chunk):
        return []
    return sorted(set(found))


def _equal_range(chunk: _Mono, at: int, lag: int) -> tuple[int, int]:
    """The range around `at` in which samples equal those `lag` before: [start, end)."""
    reach = 2 * lag
    low, high = max(lag, at - reach), min(len(chunk), at + reach)
    unequal = np.flatnonzero(chunk[low:high] != chunk[low - lag : high - lag]) + low
    before, after = unequal[unequal < at], unequal[unequal >= at]
    return (int(before[-1]) + 1 if len(before) else low, int(after[0]) if len(after) else high)


def find_clicks(steps: _Mono, rate: int, gaps: list[tuple[int, int]]) -> list[tuple[int, float]]:
    """Places where the second difference is for a moment far greater than around it.

    Each with the height (1.0 is full scale) of a single sample that would bend the signal so.
    """
    bend = np.diff(steps)
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
    candidates = (tops > _CLICK) & (tops > _FAR / 4 * around) & (tops**2 > 0.12 * energy)
    found: list[tuple[int, float]] = []
    width = max(3, int(_WIDTH_S * rate))
    for row in np.flatnonzero(candidates):
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
        if found and at - found[-1][0] < hop:
            continue
        found.append((at, float(bend[at]) / 2))
    return found
