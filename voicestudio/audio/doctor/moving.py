"""Audio, doctor: sums and means over what lies around each step, a few thousand steps at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CHUNK: Final = 8192  # steps


def highest_sum(values: NDArray[np.float32], width: int) -> int:
    """Where the `width` values begin that have the highest sum, the first of several."""
    highest, place = -np.inf, 0
    for start, until in _sums(values, 0, width, last=len(values) - width + 1):
        sums = until[width:] - until[:-width]
        top = int(sums.argmax())
        if sums[top] > highest:
            highest, place = float(sums[top]), start + top
    return place


def spread(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The mean over so many steps before and behind each."""
    means = np.empty(len(values), np.float32)
    for start, until in _sums(values, width, width + 1, last=len(values)):
        count = min(_CHUNK, len(values) - start)
        places = np.arange(start, start + count)
        first = np.maximum(places - width, 0)
        last = np.minimum(places + width + 1, len(values))
        base = max(0, start - width)
        means[start : start + count] = (until[last - base] - until[first - base]) / (last - first)
    return means


def _sums(
    values: NDArray[np.float32], before: int, behind: int, *, last: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """For chunks that begin at `start` up to `last`: sums of all values until each place, from
    `before` values before the chunk to `behind` values after each of its places."""
    for start in range(0, last, _CHUNK):
        end = min(start + _CHUNK, last)
        part = values[max(0, start - before) : end - 1 + behind]
        yield start, np.concatenate([[0.0], np.cumsum(part, dtype=np.float64)])
