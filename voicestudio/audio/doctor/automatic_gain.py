"""Audio, doctor: detects automatic gain, which turns the noise up in pauses."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .levels import STEP_S
from .spectrum import SPEECH
from .speech import power_in_bands

_AFTER_WORD: Final = 2  # steps in which a word fades
_BEFORE_WORD: Final = 1
_SHORTEST: Final = 3  # steps of a pause in which a rise is measured
_PAUSES_MIN: Final = 3  # fewer may be breaths
_MOST: Final = 25  # percentile: what three pauses of four reach; in some, somebody breathes
_STEADY: Final = 0.5  # least correlation of the level with time; in a crowd it goes up and down
_AUDIBLE_DBFS: Final = -85.0  # of noise


def find_rises(
    rows: NDArray[np.uint8], pauses: list[tuple[int, int]]
) -> tuple[float, list[tuple[int, int]]]:
    """How fast (dB a second) the noise rises in most pauses, and the pauses in which it does.

    0.0 if it does not rise steadily.
    """
    measured = []
    for start, end in pauses:
        first, last = start + _AFTER_WORD, end - _BEFORE_WORD
        if start == 0 or end == len(rows) or last - first < _SHORTEST:
            continue
        power = power_in_bands(rows[first:last], SPEECH)
        levels_db = 10 * np.log10(power + np.float32(1e-13))
        # What rises from silence is the next word.
        if float(np.median(levels_db[: max(1, len(levels_db) // 3)])) >= _AUDIBLE_DBFS:
            measured.append(((start, end), *_slope(levels_db)))
    if len(measured) < _PAUSES_MIN:
        return 0.0, []
    places, slopes, steadiness = zip(*measured, strict=True)
    rise = float(np.percentile(slopes, _MOST))
    if rise <= 0 or np.percentile(steadiness, _MOST) < _STEADY:
        return 0.0, []
    return rise, [
        place for place, steady in zip(places, steadiness, strict=True) if steady >= _STEADY
    ]


def _slope(levels_db: NDArray[np.float32]) -> tuple[float, float]:
    """Slope (dB a second) of the line that fits best, and the correlation with time."""
    seconds = np.arange(len(levels_db)) * STEP_S
    seconds -= seconds.mean()
    levels = levels_db - levels_db.mean()
    common, spread = float(seconds @ levels), float(np.sqrt(seconds @ seconds))
    deviation = float(np.sqrt(levels @ levels))
    return common / spread**2, common / (spread * deviation) if deviation else 0.0
