"""Audio, doctor: where somebody speaks, and what is left between the words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .growing import level
from .spectrum import ABOVE_HUM, SPEECH, VOICE

Packed = NDArray[np.uint8]
# Steps, and the level of the room in every band there: one row for all of them, or one for each.
Room = Iterable[tuple[slice, Packed]]

_STRETCH: Final = 200  # steps of 50 ms: the room is taken to be the same for 10 s
_QUIET: Final = 10.0  # per cent of the time in which a band holds nothing but the room
ROOM_BIAS_DB: Final = 2.0  # the tenth part of the time is quieter than the mean of a steady noise
_FILLED: Final = 5  # bands
_EXCESS_DB: Final = 10.0  # above the room, mean over the strongest of them
_BELOW_LOUD_DB: Final = 38.0  # what is this far below the loudest words is their echo or a breath
_QUIETEST_DB: Final = -76.0  # below this nobody speaks
_GAP: Final = 4  # steps: a stop consonant is no pause
_ISLE: Final = 2  # steps: a click of the tongue is no speech
_CHUNK: Final = 4096  # steps that are worked on at a time
_POWERS: Final = np.float32(10) ** (level(np.arange(256, dtype=np.uint8)) / np.float32(10))


def room(rows: Packed) -> list[tuple[slice, Packed]]:
    """Level of the room in every band, packed, for stretches of steps.

    The tenth part of the time, over 10 s around; a band is empty that often even in fluent speech.
    """
    if not len(rows):
        return []
    starts = range(0, max(1, len(rows) - _STRETCH // 2), _STRETCH)
    ends = [*list(starts)[1:], len(rows)]
    result = []
    for start, end in zip(starts, ends, strict=True):
        around = rows[max(0, start - _STRETCH // 2) : end + _STRETCH // 2]
        place = int(len(around) * _QUIET / 100)
        quiet = np.partition(around, place, axis=0)[place : place + 1].copy()  # not all of it
        result.append((slice(start, end), quiet))
    return result


def band_sum(rows: Packed, *, above_hum: bool = False) -> NDArray[np.float32]:
    """Power of each step between 95 Hz, or 520 Hz, and 7.3 kHz: (steps,)."""
    return summed(rows, slice(ABOVE_HUM if above_hum else VOICE.start, VOICE.stop))


def summed(rows: Packed, bands: slice) -> NDArray[np.float32]:
    """Power of some bands together in each step: (steps,)."""
    total = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK, bands]
        total[start : start + _CHUNK] = _POWERS[part].sum(axis=1)
    return total


def room_db(quiet: Packed) -> NDArray[np.float32]:
    """Level (dBFS) of what `room` found, 95 Hz to 7.3 kHz together: (steps,)."""
    total = band_sum(quiet)
    return (10 * np.log10(total + np.float32(1e-13)) + np.float32(ROOM_BIAS_DB)).astype(np.float32)


def heard(rows: Packed, room: Room) -> NDArray[np.bool_]:
    """Does somebody speak? One answer for every step of 50 ms."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    speech = np.zeros(len(rows), np.bool_)
    for part, quiet in room:
        excess = np.maximum(rows[part, SPEECH], quiet[:, SPEECH])
        excess -= quiet[:, SPEECH]
        # A voice fills some bands at a time; noise may hide it in the others.
        excess.partition(-_FILLED, axis=1)
        strong = excess[:, -_FILLED:].mean(axis=1, dtype=np.float32) / np.float32(2)
        speech[part] = strong > _EXCESS_DB
    inside = summed(rows, SPEECH)
    inside += np.float32(1e-13)
    np.log10(inside, out=inside)
    inside *= np.float32(10)
    loudest = float(np.percentile(inside, 97))
    bound = max(_QUIETEST_DB, loudest - _BELOW_LOUD_DB)
    return tidied(speech & (inside > bound))


def tidied(speech: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without gaps shorter than a pause and without isles shorter than a syllable."""
    result = speech.copy()
    for value, longest in ((False, _GAP), (True, _ISLE - 1)):
        for start, end in runs(result == value):
            inner = start > 0 and end < len(result)
            if end - start <= longest and (value or inner):
                result[start:end] = not value
    return result


def runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where `marked` is true without a break: [start, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
