"""Audio, doctor: the true peak, between the samples (ITU-R BS.1770, annex 2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..decoding import Block
from .clipping import beyond

_TAPS: Final = 24  # on each side; 0.02 dB up to nine tenths of the band
_PHASES: Final = 4  # times the rate of the file
_NEAR: Final = 0.6  # a peak between samples lies beside samples that are nearly as high
_MOST: Final = 96  # places in a channel of a block


def _between() -> NDArray[np.float64]:
    """Weights of the samples around a place for three points up to the next: (3, 2 * _TAPS)."""
    at = np.arange(-_TAPS + 1, _TAPS + 1)
    rows = []
    for phase in range(1, _PHASES):
        distance = at - phase / _PHASES
        rows.append(np.sinc(distance) * np.cos(np.pi * distance / (2 * _TAPS)) ** 2)
    weights: NDArray[np.float64] = np.array(rows)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


_WEIGHTS: Final = _between()


class TruePeak:
    """Looked for only beside the highest samples, so that it costs next to nothing."""

    def __init__(self) -> None:
        self.highest = 0.0

    def add(self, block: Block, tops: Sequence[NDArray[np.float32] | None] | None = None) -> None:
        """Take in (channels, frames); `tops` as `Levels` has them, where it has heard it too."""
        for channel, known in zip_longest(block, tops or ()):
            if known is None:
                top = max(float(channel.max(initial=0.0)), -float(channel.min(initial=0.0)))
            else:
                top = float(known.max())
            self.highest = max(self.highest, top)
            bound = max(_NEAR * top, 0.7 * self.highest)
            if top < bound or not top:
                continue
            near = beyond(channel, bound, known)
            near = near[(near >= _TAPS) & (near < len(channel) - _TAPS)]
            if len(near) > _MOST:
                order = np.argpartition(np.abs(channel[near]), -_MOST)[-_MOST:]
                near = near[order]
            if not len(near):
                continue
            # Between a high sample and its neighbours on both sides.
            places = np.unique(np.concatenate([near, near - 1]))
            places = places[places >= _TAPS]
            around = channel[places[:, None] + np.arange(-_TAPS + 1, _TAPS + 1)]
            self.highest = max(self.highest, float(np.abs(around @ _WEIGHTS.T).max(initial=0.0)))
