"""Audio, doctor: detects speech, and the noise between the words."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import unpack_db
from .spectrum import ABOVE_HUM, SPEECH, VOICE, to_db

Packed = NDArray[np.uint8]
# Steps, and the noise level in every band there: one row for all of them, or one for each.
RoomLevels = Iterable[tuple[slice, Packed]]
VoiceOdds = NDArray[np.float32] | None

_STRETCH: Final = 200  # steps of 50 ms: the noise is assumed to be constant for 10 s
_QUIET: Final = 10.0  # per cent of the time in which a band contains only noise
ROOM_BIAS_DB: Final = 2.0  # by which that percentile is below the mean of a steady noise
_FILLED: Final = 5  # bands
_EXCESS_DB: Final = 10.0  # above the noise, mean over the strongest bands
_BELOW_LOUD_DB: Final = 38.0  # steps so far below the loudest words are an echo or a breath
_QUIETEST_DB: Final = -76.0  # of speech
_GAP: Final = 4  # steps: a stop consonant is no pause
_SYLLABLE: Final = 2  # steps: a click of the tongue is shorter
_LOUD: Final = 95.0  # per cent
# Contrast between loud and quiet steps: up to the first, noise hides so much of the words that the
# network decides; from the second on, levels do, because their edges are exact. Both are fitted to
# real speech mixed with noise of five kinds, 5 to 35 dB below it, like the next two.
_MASKED_DB: Final = 20.0
_CLEAR_DB: Final = 40.0
_ODDS_MAX: Final = 3.0  # log odds of a sure decision
_RISE_WEIGHT: Final = 0.9
_RISE_MAX: Final = 3.0
_PAUSE_ODDS: Final = -0.85  # log odds of 0.3
_PAUSES_MIN: Final = 6  # steps
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


def detect_speech(rows: Packed, room: RoomLevels, voice: VoiceOdds = None) -> NDArray[np.bool_]:
    """Does somebody speak? One value for every step of 50 ms.

    `voice`: the log odds of `voice_activity` for each step. The closer the noise comes to the
    words, the more it counts; without it, levels alone decide.
    """
    if not len(rows):
        return np.zeros(0, np.bool_)
    speech = _rises_above_room(rows, room)
    if voice is not None:
        for start, around, trust in _unclear_stretches(rows):
            here = slice(start, start + _STRETCH)
            odds = _odds_with_levels(rows[around], voice[around])[start - around.start :]
            levels_odds = np.where(speech[here], _ODDS_MAX, -_ODDS_MAX)
            share = max(trust, 0.0)
            speech[here] = (1 - share) * odds[:_STRETCH] + share * levels_odds > 0
    return fill_gaps(speech)


def needs_voice(rows: Packed) -> bool:
    """Whether the noise is nearly as loud as the words, so that `detect_speech` needs `voice`."""
    return next(_unclear_stretches(rows), None) is not None


def _unclear_stretches(rows: Packed) -> Iterator[tuple[int, slice, float]]:
    """Stretches in which levels alone do not decide.

    For each its first step, the steps around it, and how far levels can be trusted: below 1, and 0
    or less where the network decides.
    """
    for start in range(0, len(rows), _STRETCH):
        around = slice(max(0, start - _STRETCH), start + 2 * _STRETCH)
        trust = (_contrast_db(rows[around]) - _MASKED_DB) / (_CLEAR_DB - _MASKED_DB)
        if trust < 1:
            yield start, around, trust


def _rises_above_room(rows: Packed, room: RoomLevels) -> NDArray[np.bool_]:
    """Which steps are so far above the noise of the room that they must be a voice."""
    speech = np.zeros(len(rows), np.bool_)
    for part, quiet in room:
        excess = np.maximum(rows[part, SPEECH], quiet[:, SPEECH])
        excess -= quiet[:, SPEECH]
        # A voice fills some bands at a time; noise may mask it in the others.
        excess.partition(-_FILLED, axis=1)
        strong = excess[:, -_FILLED:].mean(axis=1, dtype=np.float32) / np.float32(2)
        speech[part] = strong > _EXCESS_DB
    speech_db = to_db(power_in_bands(rows, SPEECH))
    loudest = float(np.percentile(speech_db, 97))
    bound = max(_QUIETEST_DB, loudest - _BELOW_LOUD_DB)
    return speech & (speech_db > bound)


def _contrast_db(rows: Packed) -> float:
    """Between loud and quiet steps."""
    quiet, loud = np.percentile(to_db(noise_power(rows)), [_QUIET, _LOUD])
    return float(loud - quiet)


def _odds_with_levels(rows: Packed, voice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log odds of a voice, by the network and by how far each step is above its pauses."""
    levels = rows[:, SPEECH].astype(np.float32) / 2
    pauses = _sure_pauses(voice)
    excess = np.maximum(levels - levels[pauses].mean(axis=0), 0)
    excess.partition(excess.shape[1] - _FILLED, axis=1)
    excess_db = excess[:, -_FILLED:].mean(axis=1)
    # The level of noise varies, that of babble more than that of a fan.
    low, middle = np.percentile(excess_db[pauses], [10, 50])
    rise = np.clip((excess_db - middle) / (middle - low + 1), -_RISE_MAX, _RISE_MAX)
    smooth = np.convolve(np.pad(rise, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    odds = voice + np.float32(_RISE_WEIGHT) * smooth
    return np.clip(odds, -_ODDS_MAX, _ODDS_MAX).astype(np.float32)


def _sure_pauses(voice: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Steps that are not near a voice, or at least those least likely to be."""
    near = np.lib.stride_tricks.sliding_window_view(np.pad(voice, 2, mode="edge"), 5).max(axis=1)
    count = min(_PAUSES_MIN, len(near))
    least = np.partition(near, count - 1)[count - 1]
    pauses: NDArray[np.bool_] = near <= max(_PAUSE_ODDS, least)
    return pauses


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
