"""Audio, doctor: the true peak, between the samples (ITU-R BS.1770, annex 2)."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..decoding import Block
from .clipping import samples_above

_TAPS: Final = 24  # on each side; exact to 0.02 dB up to nine tenths of the band
_PHASES: Final = 4  # times the rate of the file
_NEAR: Final = 0.6  # a peak between samples is next to samples that are nearly as high
_PLACES_MAX: Final = 96  # in a channel of a block


def _interpolation_weights() -> NDArray[np.float64]:
    """Weights of the samples around a place for three points up to the next: (3, 2 * _TAPS)."""
    offsets = np.arange(-_TAPS + 1, _TAPS + 1)
    rows = []
    for phase in range(1, _PHASES):
        distance = offsets - phase / _PHASES
        rows.append(np.sinc(distance) * np.cos(np.pi * distance / (2 * _TAPS)) ** 2)
    weights: NDArray[np.float64] = np.array(rows)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


_WEIGHTS: Final = _interpolation_weights()


class TruePeakMeter:
    """Interpolates only next to the highest samples, which costs next to nothing."""

    def __init__(self) -> None:
        self.highest = 0.0

    def add(
        self, block: Block, step_peaks: Sequence[NDArray[np.float32] | None] | None = None
    ) -> None:
        """Add (channels, frames); `step_peaks` as in `Levels`, if it has the same block."""
        for channel, peaks in zip_longest(block, step_peaks or ()):
            if peaks is None:
                top = max(float(channel.max(initial=0.0)), -float(channel.min(initial=0.0)))
            else:
                top = float(peaks.max())
            self.highest = max(self.highest, top)
            bound = max(_NEAR * top, 0.7 * self.highest)
            if top < bound or not top:
                continue
            near = samples_above(channel, bound, peaks)
            near = near[(near >= _TAPS) & (near < len(channel) - _TAPS)]
            if len(near) > _PLACES_MAX:
                order = np.argpartition(np.abs(channel[near]), -_PLACES_MAX)[-_PLACES_MAX:]
                near = near[order]
            if not len(near):
                continue
            # Between a high sample and its neighbours on both sides.
            places = np.concatenate([near, near[near > _TAPS] - 1])
            around = channel[places[:, None] + np.arange(-_TAPS + 1, _TAPS + 1)]
            self.highest = max(self.highest, float(np.abs(around @ _WEIGHTS.T).max(initial=0.0)))
