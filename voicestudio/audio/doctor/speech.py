"""Audio, doctor: detects speech, and the noise between the words."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import unpack_db
from .spectrum import ABOVE_HUM, SPEECH, VOICE

Packed = NDArray[np.uint8]
# Steps, and the noise level in every band there: one row for all of them, or one for each.
RoomLevels = Iterable[tuple[slice, Packed]]

_STRETCH: Final = 200  # steps of 50 ms: the noise is assumed to be constant for 10 s
_QUIET: Final = 10.0  # per cent of the time in which a band contains only noise
ROOM_BIAS_DB: Final = 2.0  # by which that percentile is below the mean of a steady noise
_FILLED: Final = 5  # bands
_EXCESS_DB: Final = 10.0  # above the noise, mean over the strongest bands
_BELOW_LOUD_DB: Final = 38.0  # steps so far below the loudest words are an echo or a breath
_QUIETEST_DB: Final = -76.0  # of speech
_GAP: Final = 4  # steps: a stop consonant is no pause
_SYLLABLE: Final = 2  # steps: a click of the tongue is shorter
_CHUNK: Final = 4096  # steps processed at a time
_POWERS: Final = np.float32(10) ** (unpack_db(np.arange(256, dtype=np.uint8)) / np.float32(10))


def room_levels(rows: Packed) -> list[tuple[slice, Packed]]:
    """Noise level in every band, packed, for segments of steps.

    It is the 10th percentile over 10 s around; even in fluent speech, a band is empty that often.
    """
    if not len(rows):
        return []
    starts = range(0, max(1, len(rows) - _STRETCH // 2), _STRETCH)
    ends = [*list(starts)[1:], len(rows)]
    result = []
    for start, end in zip(starts, ends, strict=True):
        around = rows[max(0, start - _STRETCH // 2) : end + _STRETCH // 2]
        place = int(len(around) * _QUIET / 100)
        quiet = np.partition(around, place, axis=0)[place : place + 1].copy()  # frees the partition
        result.append((slice(start, end), quiet))
    return result


def noise_power(rows: Packed, *, above_hum: bool = False) -> NDArray[np.float32]:
    """Power of each step between 95 Hz, or 520 Hz, and 7.3 kHz: (steps,)."""
    return power_in_bands(rows, slice(ABOVE_HUM if above_hum else VOICE.start, VOICE.stop))


def power_in_bands(rows: Packed, bands: slice) -> NDArray[np.float32]:
    """Total power of some bands in each step: (steps,)."""
    total = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK, bands]
        total[start : start + _CHUNK] = _POWERS[part].sum(axis=1)
    return total


def room_db(quiet: Packed) -> NDArray[np.float32]:
    """Level (dBFS) of noise as in `room_levels`, 95 Hz to 7.3 kHz together: (steps,)."""
    total = noise_power(quiet)
    return (10 * np.log10(total + np.float32(1e-13)) + np.float32(ROOM_BIAS_DB)).astype(np.float32)


def detect_speech(rows: Packed, room: RoomLevels) -> NDArray[np.bool_]:
    """Does somebody speak? One value for every step of 50 ms."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    speech = np.zeros(len(rows), np.bool_)
    for part, quiet in room:
        excess = np.maximum(rows[part, SPEECH], quiet[:, SPEECH])
        excess -= quiet[:, SPEECH]
        # A voice fills some bands at a time; noise may mask it in the others.
        excess.partition(-_FILLED, axis=1)
        strong = excess[:, -_FILLED:].mean(axis=1, dtype=np.float32) / np.float32(2)
        speech[part] = strong > _EXCESS_DB
    speech_db = power_in_bands(rows, SPEECH)
    speech_db += np.float32(1e-13)
    np.log10(speech_db, out=speech_db)
    speech_db *= np.float32(10)
    loudest = float(np.percentile(speech_db, 97))
    bound = max(_QUIETEST_DB, loudest - _BELOW_LOUD_DB)
    return fill_gaps(speech & (speech_db > bound))


def fill_gaps(speech: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill gaps shorter than a pause and drop segments shorter than a syllable."""
    result = speech.copy()
    for value, longest in ((False, _GAP), (True, _SYLLABLE - 1)):
        for start, end in find_runs(result == value):
            inner = start > 0 and end < len(result)
            if end - start <= longest and (value or inner):
                result[start:end] = not value
    return result


def find_runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Consecutive true values: [start, end) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
