"""Audio, doctor: flat tops, at full scale or below it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_NOTHING: Final[NDArray[np.intp]] = np.empty(0, np.intp)
_SOFTEST: Final = 0.05  # -26 dBFS: what is softer than that all through has not met a limit
_NEAR: Final = 0.9  # of the highest sample: a limit is met by the loudest moments
_FLAT: Final = 0.002  # of the highest sample: steeper is no flat top
_SLOPE: Final = 0.01  # of the highest sample: what a sound that is cut off climbs in one sample
_RUN: Final = 3  # samples
_LONGEST_S: Final = 0.015  # half a wave of 33 Hz: what stays for longer is stuck, not cut off


def beyond(
    channel: NDArray[np.float32], bound: float, tops: NDArray[np.float32] | None = None
) -> NDArray[np.intp]:
    """Places of samples that reach `bound`, on either side.

    `tops`: the highest sample of each of so many equal steps. Only those that reach it are
    searched then, which are few.
    """
    least = np.float32(bound)
    if tops is None:
        return np.flatnonzero(np.abs(channel) >= least)
    size = len(channel) // len(tops)
    steps = np.flatnonzero(tops >= least)
    found = np.flatnonzero(np.abs(channel.reshape(len(tops), size)[steps]) >= least)
    return steps[found // size] * size + found % size


def flat_tops(
    channel: NDArray[np.float32], rate: int, top: float, tops: NDArray[np.float32] | None = None
) -> NDArray[np.intp]:
    """Places of samples that lie on a flat top; `top` is the highest sample of the channel.

    A top is flat if three samples or more, of 15 ms at most, are the same and the sound comes to
    it, or leaves it, in a corner. A natural crest is round: its samples are the same only where
    they climb little before, too.
    """
    if top < _SOFTEST:
        return _NOTHING
    high = beyond(channel, _NEAR * top, tops)
    if len(high) < _RUN:
        return _NOTHING
    values = channel[high]
    # Neighbours in time with the same value belong to one run.
    same = (np.diff(high) == 1) & (np.abs(np.diff(values)) <= np.float32(_FLAT * top))
    if not same.any():
        return _NOTHING
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    firsts, lasts = edges[::2], edges[1::2]
    lengths = lasts - firsts + 1
    likely = (lengths >= _RUN) & (lengths <= _LONGEST_S * rate)
    firsts, lasts = firsts[likely], lasts[likely]
    if not len(firsts):
        return _NOTHING
    before = np.abs(values[firsts]) - np.abs(channel[np.maximum(high[firsts] - 1, 0)])
    after = np.abs(values[lasts]) - np.abs(channel[np.minimum(high[lasts] + 1, len(channel) - 1)])
    cut = np.maximum(before, after) >= np.float32(_SLOPE * top)
    marks = np.zeros(len(high) + 1, np.int8)
    marks[firsts[cut]] = 1
    marks[lasts[cut] + 1] -= 1
    return high[np.cumsum(marks[:-1]) > 0]
