"""Audio, doctor: detects wind in a microphone, whose rumble swells until it covers the voice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import unpack_db
from .spectrum import SPEECH
from .speech import power_in_bands

_RUMBLE: Final = 0  # the band below 95 Hz, where only the deepest voices have something
_BELOW_VOICE_DB: Final = 3.0
# Between gusts the rumble is so much softer; a bass, a machine or a deep voice is steady.
_SWELLS_DB: Final = 14.0
_PERCENTILES: Final = (20.0, 90.0)


def find_gusts(rows: NDArray[np.uint8], speech: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """In which steps is the rumble of wind about as loud as the voice on average, or louder?"""
    gusts = np.zeros(len(rows), np.bool_)
    if not speech.any():
        return gusts
    voice = float(power_in_bands(rows[speech], SPEECH).mean(dtype=np.float64))
    rumble_db = unpack_db(rows[:, _RUMBLE])
    softest, loudest = np.percentile(rumble_db, _PERCENTILES)
    if loudest - softest >= _SWELLS_DB:
        gusts |= rumble_db > 10 * np.log10(voice + 1e-13) - _BELOW_VOICE_DB
    return gusts
