"""Audio: mixes several channels down to one without losing any of the voice."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoding import Block

_DEAD: Final = 10 ** (-30 / 10)  # power relative to the other channel: hiss and crosstalk
_CORRELATED: Final = 0.7  # from here on (or below its negative) both channels hold one wave
_SAME_LEVELS: Final = 0.5  # correlation of the levels: one voice, recorded at two places
_GAIN_MAX: Final = 2.0
# Of channels by their place: effects and rooms come from behind, and LFE holds no voice.
_PLACE_WEIGHTS: Final = {"LFE": 0.0, "LFE2": 0.0} | dict.fromkeys(
    ("BL", "BR", "BC", "SL", "SR", "TFL", "TFR", "TFC", "TBL", "TBR", "TBC", "TC"), 0.5
)

Mix = NDArray[np.float32]  # (1, channels): the weights of the channels in their mix


def is_opposite(covariance: float, power: float, other_power: float) -> bool:
    """Do two channels of these powers hold one wave and its inverse, so that their sum is none?"""
    return covariance < -_CORRELATED * math.sqrt(power * other_power) < 0


class Downmix:
    """Compares the channels of a recording. Add blocks of whole hops of 10 ms.

    `places` are FFmpeg's names of the channels ("FL", "FC", "LFE"), where they are known.
    """

    def __init__(self, channels: int, hop: int, places: tuple[str, ...] = ()) -> None:
        self._hop = hop
        weights = [_PLACE_WEIGHTS.get(place, 1.0) for place in places]
        self._place_weights = np.array(weights if any(weights) else [1.0] * channels)
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

    def weights(self) -> Mix:
        """The factors by which the channels are multiplied before they are added.

        The mix of two channels has the mean level of both, or the level of the louder channel if
        only that one is used. The mix of more channels has the level of the loudest one.
        """
        count = max(1, self._count)
        power = self._products / count - np.outer(self._sums, self._sums) / count**2
        if len(power) == 1:
            return np.ones((1, 1), np.float32)
        if len(power) > 2:
            return self._weights_of_many(power)
        own = np.maximum(np.diag(power), 0)
        louder = int(np.argmax(own))
        alone = np.zeros((1, 2), np.float32)
        alone[0, louder] = 1
        if own.min() <= own.max() * _DEAD:
            return alone
        correlation = float(power[0, 1] / math.sqrt(own[0] * own[1]))
        if abs(correlation) < _CORRELATED and self._level_correlation(0, 1) > _SAME_LEVELS:
            return alone  # the sum of two microphones would cancel some frequencies
        sign = -1.0 if correlation < -_CORRELATED else 1.0
        # The louder channel keeps its sign.
        weights = np.array([1.0, sign]) if louder == 0 else np.array([sign, 1.0])
        mixed = float(weights @ power @ weights)
        scale = min(_GAIN_MAX, math.sqrt(own.mean() / max(mixed, 1e-20)))
        return (weights * scale)[None].astype(np.float32)

    def _weights_of_many(self, power: NDArray[np.float64]) -> Mix:
        """The loudest channel, and all others that do not cancel any of it."""
        own = np.maximum(np.diag(power), 0)
        heard = own * self._place_weights**2
        loudest = int(np.argmax(heard))
        weights = np.zeros(len(own))
        for channel in np.flatnonzero(heard > heard[loudest] * _DEAD):
            size = math.sqrt(own[loudest] * own[channel])
            correlation = float(power[loudest, channel]) / size
            is_same_voice = abs(correlation) < _CORRELATED and (
                self._level_correlation(loudest, int(channel)) > _SAME_LEVELS
            )
            if correlation >= -_CORRELATED and not is_same_voice:
                weights[channel] = self._place_weights[channel]
        if not weights.any():  # silence
            weights[loudest] = 1.0
        mixed = float(weights @ power @ weights)
        scale = min(_GAIN_MAX, math.sqrt(own[loudest] / max(mixed, 1e-20)))
        return (weights * scale)[None].astype(np.float32)

    def _level_correlation(self, first: int, second: int) -> float:
        """Correlation of the levels of two channels over time, -1 to 1."""
        levels = np.log10(self.powers()[[first, second]].astype(np.float64) + 1e-9)
        levels -= levels.mean(axis=1, keepdims=True)
        size = math.sqrt(float((levels[0] ** 2).sum() * (levels[1] ** 2).sum()))
        return float((levels[0] * levels[1]).sum()) / size if size else 0.0
