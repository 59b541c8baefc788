"""Audio: mixes two channels down to one without losing any of the voice."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block

_DEAD: Final = 10 ** (-30 / 10)  # power relative to the other channel: hiss and crosstalk
_CORRELATED: Final = 0.7  # from here on (or below its negative) both channels hold one wave
_SAME_LEVELS: Final = 0.5  # correlation of the levels: one voice, recorded at two places
_GAIN_MAX: Final = 2.0


class Downmix:
    """Compares the channels of a recording. Add blocks of whole hops of 10 ms."""

    def __init__(self, channels: int, hop: int) -> None:
        self._hop = hop
        self._powers: list[NDArray[np.float32]] = []
        self._sums = np.zeros(channels)
        self._products = np.zeros((channels, channels))
        self._count = 0

    def add(self, block: Block) -> None:
        """Add (channels, frames)."""
        self._sums += block.sum(axis=1, dtype=np.float64)
        self._products += block @ block.T
        self._count += block.shape[1]
        whole = block.shape[1] // self._hop * self._hop
        steps = block[:, :whole].reshape(len(block), -1, self._hop)
        mean = steps.mean(axis=2, keepdims=True)  # the offset is not part of the level
        powers = np.einsum("ijk,ijk->ij", steps, steps) / self._hop - mean[:, :, 0] ** 2
        self._powers.append(np.maximum(powers, 0).astype(np.float32))

    def powers(self) -> NDArray[np.float32]:
        """Mean square of each hop: (channels, hops)."""
        return np.concatenate(self._powers, axis=1)

    def weights(self) -> NDArray[np.float32]:
        """The factors by which the channels are multiplied before they are added: (1, channels).

        The mix has the mean level of both channels, or the level of the louder channel if only
        that one is used.
        """
        count = max(1, self._count)
        power = self._products / count - np.outer(self._sums, self._sums) / count**2
        if len(power) == 1:
            return np.ones((1, 1), np.float32)
        own = np.maximum(np.diag(power), 0)
        louder = int(np.argmax(own))
        alone = np.zeros((1, 2), np.float32)
        alone[0, louder] = 1
        if own.min() <= own.max() * _DEAD:
            return alone
        correlation = float(power[0, 1] / math.sqrt(own[0] * own[1]))
        if abs(correlation) < _CORRELATED and self._level_correlation() > _SAME_LEVELS:
            return alone  # the sum of two microphones would cancel some frequencies
        sign = -1.0 if correlation < -_CORRELATED else 1.0
        # The louder channel keeps its sign.
        weights = np.array([1.0, sign]) if louder == 0 else np.array([sign, 1.0])
        mixed = float(weights @ power @ weights)
        scale = min(_GAIN_MAX, math.sqrt(own.mean() / max(mixed, 1e-20)))
        return (weights * scale)[None].astype(np.float32)

    def _level_correlation(self) -> float:
        """Correlation of the levels of both channels over time, -1 to 1."""
        levels = np.log10(self.powers().astype(np.float64) + 1e-9)
        levels -= levels.mean(axis=1, keepdims=True)
        size = math.sqrt(float((levels[0] ** 2).sum() * (levels[1] ** 2).sum()))
        return float((levels[0] * levels[1]).sum()) / size if size else 0.0
