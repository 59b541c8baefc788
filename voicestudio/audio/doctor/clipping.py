"""Audio, doctor: finds clipped samples, at full scale or below it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_NONE: Final[NDArray[np.intp]] = np.empty(0, np.intp)
_PEAK_MIN: Final = 0.05  # -26 dBFS: a signal that never gets louder is not clipped
_NEAR: Final = 0.9  # of the highest sample: clipping happens at the loudest moments
_FLAT: Final = 0.002  # of the highest sample: the largest step within a flat top
_SLOPE: Final = 0.01  # of the highest sample: the least step at a corner of a flat top
_LENGTH_MIN: Final = 3  # samples
_LONGEST_S: Final = 0.015  # half a period of 33 Hz: longer runs are stuck, not clipped


def samples_above(
    channel: NDArray[np.float32], bound: float, step_peaks: NDArray[np.float32] | None = None
) -> NDArray[np.intp]:
    """Indices of samples whose absolute value is at least `bound`.

    `step_peaks`: the peak of each of so many equal steps. Only the few steps that reach `bound`
    are searched then.
    """
    least = np.float32(bound)
    if step_peaks is None:
        return np.flatnonzero(np.abs(channel) >= least)
    size = len(channel) // len(step_peaks)
    steps = np.flatnonzero(step_peaks >= least)
    found = np.flatnonzero(np.abs(channel.reshape(len(step_peaks), size)[steps]) >= least)
    return steps[found // size] * size + found % size


def find_flat_tops(
    channel: NDArray[np.float32],
    rate: int,
    peak: float,
    step_peaks: NDArray[np.float32] | None = None,
    offset: float = 0.0,
) -> NDArray[np.intp]:
    """Indices of samples on a flat top; `peak` is the highest sample, `offset` the mean of all.

    A top is flat if at least three samples, at most 15 ms, are equal and the signal has a corner
    before or after them. A natural crest is round: next to equal samples it rises slowly, too.
    """
    if peak - abs(offset) < _PEAK_MIN:  # in soft noise upon an offset, equal samples are chance
        return _NONE
    high = samples_above(channel, _NEAR * peak, step_peaks)
    if len(high) < _LENGTH_MIN:
        return _NONE
    values = channel[high]
    # Adjacent samples with the same value belong to one top.
    same = (np.diff(high) == 1) & (np.abs(np.diff(values)) <= np.float32(_FLAT * peak))
    if not same.any():
        return _NONE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    firsts, lasts = edges[::2], edges[1::2]
    lengths = lasts - firsts + 1
    plausible = (lengths >= _LENGTH_MIN) & (lengths <= _LONGEST_S * rate)
    firsts, lasts = firsts[plausible], lasts[plausible]
    if not len(firsts):
        return _NONE
    before = np.abs(values[firsts]) - np.abs(channel[np.maximum(high[firsts] - 1, 0)])
    after = np.abs(values[lasts]) - np.abs(channel[np.minimum(high[lasts] + 1, len(channel) - 1)])
    clipped = np.maximum(before, after) >= np.float32(_SLOPE * peak)
    marks = np.zeros(len(high) + 1, np.int8)
    marks[firsts[clipped]] = 1
    marks[lasts[clipped] + 1] -= 1
    return high[np.cumsum(marks[:-1]) > 0]
