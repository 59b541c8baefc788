"""Audio, doctor: detects automatic gain, which turns the noise up in pauses."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .spectrum import SPEECH
from .speech import power_in_bands

_AFTER_WORD: Final = 2  # steps in which a word fades
_BEFORE_WORD: Final = 1
_SHORTEST: Final = 3  # steps of a pause in which a rise is measured
_PAUSES_MIN: Final = 3  # fewer may be breaths
# From one third of a pause to the next; after a breath, noise falls. A gain that rises ever more
# slowly gives the last third less than the middle one.
_LEAST_RISE_DB: Final = 0.7
_AUDIBLE_DBFS: Final = -85.0  # of noise


def find_rises(
    rows: NDArray[np.uint8], pauses: list[tuple[int, int]]
) -> tuple[float, list[tuple[int, int]]]:
    """By how much (dB) the noise rises in most pauses, and the pauses in which it does.

    0.0 if it does not rise steadily, from the first third of the pause to the last one.
    """
    rises: list[float] = []
    places: list[tuple[int, int]] = []
    steadiness: list[float] = []
    for start, end in pauses:
        first, last = start + _AFTER_WORD, end - _BEFORE_WORD
        if start == 0 or end == len(rows) or last - first < _SHORTEST:
            continue
        power = power_in_bands(rows[first:last], SPEECH)
        thirds = np.array_split(10 * np.log10(power + np.float32(1e-13)), 3)
        early, middle, late = (float(np.median(third)) for third in thirds)
        if early < _AUDIBLE_DBFS:  # what rises from silence is the next word
            continue
        rises.append(late - early)
        steadiness.append(min(middle - early, late - middle))
        if steadiness[-1] >= _LEAST_RISE_DB:
            places.append((start, end))
    if len(rises) < _PAUSES_MIN or float(np.median(steadiness)) < _LEAST_RISE_DB:
        return 0.0, []
    return float(np.median(rises)), places
