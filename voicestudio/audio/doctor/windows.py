"""Audio, doctor: overlapping windows of a signal, and sums over the surroundings of each step."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CHUNK: Final = 8192  # steps processed at a time


class SlidingWindows:
    """Cuts a stream of samples into overlapping windows."""

    def __init__(self, size: int, step: int) -> None:
        self.size = size
        self.step = step
        self._rest: NDArray[np.float32] = np.empty(0, np.float32)

    def add(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The windows that are now complete: (count, size), a read-only view."""
        joined = np.concatenate([self._rest, samples])
        count = max(0, (len(joined) - self.size) // self.step + 1)
        self._rest = joined[count * self.step :].copy()
        if not count:
            return np.empty((0, self.size), np.float32)
        return np.lib.stride_tricks.sliding_window_view(joined, self.size)[:: self.step][:count]

    def finish(self) -> NDArray[np.float32]:
        """A last window, padded with silence, if at least half a step is left: (0 or 1, size)."""
        if len(self._rest) < self.step / 2:
            return np.empty((0, self.size), np.float32)
        last = np.zeros((1, self.size), np.float32)
        rest = self._rest[: self.size]
        last[0, : len(rest)] = rest
        self._rest = np.empty(0, np.float32)
        return last


def highest_sum_start(values: NDArray[np.float32], width: int) -> int:
    """Where the `width` consecutive values with the highest sum start (the first such place)."""
    highest, place = -np.inf, 0
    for start, sums_before in _chunk_sums(values, 0, width, last=len(values) - width + 1):
        sums = sums_before[width:] - sums_before[:-width]
        top = int(sums.argmax())
        if sums[top] > highest:
            highest, place = float(sums[top]), start + top
    return place


def moving_mean(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The mean from `width` steps before to `width` steps after each step."""
    means = np.empty(len(values), np.float32)
    for start, sums in _chunk_sums(values, width, width + 1, last=len(values)):
        count = min(_CHUNK, len(values) - start)
        places = np.arange(start, start + count)
        first = np.maximum(places - width, 0)
        last = np.minimum(places + width + 1, len(values))
        base = max(0, start - width)
        means[start : start + count] = (sums[last - base] - sums[first - base]) / (last - first)
    return means


def _chunk_sums(
    values: NDArray[np.float32], before: int, after: int, *, last: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Cumulative sums for chunks that start at `start` up to `last`.

    Each covers the chunk, `before` values before it and `after` values after each of its places.
    """
    for start in range(0, last, _CHUNK):
        end = min(start + _CHUNK, last)
        part = values[max(0, start - before) : end - 1 + after]
        yield start, np.concatenate([[0.0], np.cumsum(part, dtype=np.float64)])
