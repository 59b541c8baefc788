"""Audio: how much of a track is speech, to choose one of several tracks."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BLOCK_S: Final = 0.05
_WINDOW: Final = 40  # blocks, two seconds: speech has syllables and pauses in it
_AUDIBLE_DB: Final = -50.0
_MODULATION_DB: Final = 10.0  # between loud and quiet blocks of a window; hum and noise have less


def speech_seconds(blocks: Iterable[tuple[NDArray[np.float32], int]]) -> float:
    """Roughly how long someone speaks in these blocks (channels, samples), each with its rate.

    The doctor measures speech exactly. This is only for comparing the tracks of one file, which
    must happen before one of them can be opened as the recording.
    """
    levels = [_levels_db(block, rate) for block, rate in blocks]
    level = np.concatenate([np.empty(0, np.float32), *levels])
    windows = level[: len(level) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    if not len(windows):
        return 0.0
    loud, quiet = np.percentile(windows, [90, 20], axis=1)
    spoken = (loud > _AUDIBLE_DB) & (loud - quiet > _MODULATION_DB)
    return float(np.count_nonzero(spoken)) * _WINDOW * _BLOCK_S


def _levels_db(block: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """The level (dBFS) of the loudest channel in each 50 ms."""
    length = max(1, round(rate * _BLOCK_S))
    whole = block.shape[1] // length * length
    steps = block[:, :whole].reshape(len(block), -1, length)
    power = np.einsum("ijk,ijk->ij", steps, steps).max(axis=0, initial=0.0) / length
    levels: NDArray[np.float32] = (10 * np.log10(power + 1e-12)).astype(np.float32)
    return levels
