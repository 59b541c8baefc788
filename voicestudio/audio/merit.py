"""Audio: what each moment of a recording is worth to somebody who clones the voice in it.

This module imports numpy: the rest of the house reaches it only through `passages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .doctor import speech
from .doctor.frames import Frames
from .doctor.moving import spread

Values = NDArray[np.float32]
Halves = NDArray[np.float16]
Packed = NDArray[np.uint8]
Marks = NDArray[np.bool_]

# All in dB relative to the level of the speech around.
_FINE_DB: Final = 40.0  # noise so far below the speech is heard by nobody
_WORSE_DB: Final = 6.0  # noisier than the best part by this: worth nothing
_BEST_PERCENT: Final = 85.0
_KNOWN_S: Final = 10.0  # of clean speech, from which the best is known
_HUM_FROM_DB: Final = -50.0
_HUM_WORTHLESS_DB: Final = -35.0
_HUM_NEAR_S: Final = 8.0  # the window in which a hum is found
_NO_HUM_DB: Final = -120.0
_LOW: Final = slice(0, 5)  # bands below 520 Hz, in which it hums
_CLIP_SPREAD_S: Final = 2.0  # clipping spoils what is around it, too
_CLICK_SPREAD_S: Final = 3.0
_LEVEL_S: Final = 10.0
_BREATH_S: Final = 1.0  # a pause up to here belongs to speech
_WORST: Final = -2.0

_ROOM_S: Final = 6.0  # before a moment, and behind it, from which its noise is told
_ROOM_STEPS: Final = 5  # steps that share an answer
_QUIET: Final = 0.1  # of the time a band holds nothing but the room
_CHUNK: Final = 500  # answers that are looked for at a time


@dataclass(frozen=True, slots=True)
class Merit:
    """One value for each step; `noise`, `hum`, `clipping` and `clicks` are 0 (none) and more.

    `value` is 1 for a step of clean speech, 0 for what does not matter, less for what is spoiled.
    """

    value: Values
    speech: Marks
    noise: Halves  # how much noisier than the best part, in units of `_WORSE_DB`
    hum: Halves
    clipping: Halves
    clicks: Halves


def merit(frames: Frames, clicks: Iterable[float]) -> Merit:
    """What each step of a recording is worth. `clicks`: where it clicks or drops out (s)."""
    per_s = 1 / frames.step_s
    room = Room(frames.bands, round(_ROOM_S * per_s))
    spoken = speech.heard(frames.bands, room)
    voice_db = _voice_db(frames.rms_db, spoken, round(_LEVEL_S * per_s))

    hum_db = _hum_db(frames, room, round(_HUM_NEAR_S * per_s))
    distance = voice_db - _noise_db(room, hum_db)
    np.minimum(distance, np.float32(_FINE_DB), out=distance)

    # Each is kept in halves as soon as it is known: what is held of two hours counts.
    hum = _share(hum_db - voice_db, _HUM_FROM_DB, _HUM_WORTHLESS_DB)
    del hum_db, voice_db
    clipping = _clipping(frames.flat, round(_CLIP_SPREAD_S * per_s))
    clicking = _clicking(clicks, len(spoken), per_s)
    spoiled = clipping.astype(np.float32)
    spoiled += clicking
    spoiled += hum
    clean = spoken & (spoiled < 0.1)
    known = clean if clean.sum() > _KNOWN_S * per_s else spoken
    best = float(np.percentile(distance[known], _BEST_PERCENT)) if known.any() else 0.0
    noise = _share(distance, best, best - _WORSE_DB)
    spoiled += noise

    value = np.where(spoken, 1 - spoiled, -0.05 - np.float32(0.3) * spoiled)
    value[_long_pause(spoken, round(_BREATH_S * per_s))] -= np.float32(0.3)
    np.maximum(value, np.float32(_WORST), out=value)
    return Merit(value, spoken, noise, hum, clipping, clicking)


def _share(levels: Values, none: float, full: float) -> Halves:
    """0 at a level of `none`, 1 at `full`, and on to 3. The levels are used up."""
    levels -= np.float32(none)
    levels /= np.float32(full - none)
    return np.clip(levels, 0, 3, out=levels).astype(np.float16)


def _clipping(flat: NDArray[np.uint16], width: int) -> Halves:
    """How much each step suffers from the flat tops around it."""
    clipping = spread((flat > 0).astype(np.float32), width)
    clipping *= np.float32(15)
    return np.minimum(clipping, np.float32(3), out=clipping).astype(np.float16)


def _clicking(clicks: Iterable[float], count: int, per_s: float) -> Halves:
    """How much each step suffers from the clicks (s) around it."""
    clicking = np.zeros(count, np.float32)
    places = np.array([round(at * per_s) for at in clicks], np.intp)
    clicking[places[places < count]] = 1
    width = round(_CLICK_SPREAD_S * per_s)
    clicking = spread(clicking, width)
    clicking *= np.float32(2 * width)
    return np.minimum(clicking, np.float32(2), out=clicking).astype(np.float16)


class Room:
    """Level of the room in every band, packed; sharper in time than the doctor's.

    Heard in `width` steps before and in as many behind each moment, and the worse of both is
    taken: so a noise begins and ends where it does, whichever side of it one comes from. It is
    told a chunk of steps at a time.
    """

    def __init__(self, rows: Packed, width: int) -> None:
        self._count = len(rows)
        self._back = width // _ROOM_STEPS - 1
        place = int(min(width, self._count) * _QUIET)
        if self._count <= width:
            self._found = np.partition(rows, place, axis=0)[place : place + 1]
            return
        windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=0)[::_ROOM_STEPS]
        self._found = np.empty((len(windows), rows.shape[1]), np.uint8)
        for first in range(0, len(windows), _CHUNK):
            some = slice(first, first + _CHUNK)
            self._found[some] = np.partition(windows[some], place, axis=-1)[..., place]

    def __iter__(self) -> Iterator[tuple[slice, Packed]]:
        last = len(self._found) - 1
        for start in range(0, self._count, _CHUNK * _ROOM_STEPS):
            end = min(start + _CHUNK * _ROOM_STEPS, self._count)
            moments = np.arange(start // _ROOM_STEPS, -(-end // _ROOM_STEPS))
            behind = self._found[np.minimum(moments, last)]
            before = self._found[np.clip(moments - self._back, 0, last)]
            rows = np.repeat(np.maximum(before, behind), _ROOM_STEPS, axis=0)
            yield slice(start, end), rows[: end - start]


def _voice_db(rms_db: Values, spoken: Marks, width: int) -> Values:
    """Level (dBFS) of the speech within `width` steps of each step; of all speech where none is."""
    if not spoken.any():
        return np.full(len(spoken), -120.0, np.float32)
    power = np.zeros(len(spoken), np.float32)
    power[spoken] = np.float32(10) ** (rms_db[spoken] / np.float32(10))
    mean = np.float32(power.sum(dtype=np.float64) / spoken.sum())
    near = spread(power, width)
    share = spread(spoken.astype(np.float32), width)
    heard = share > 0.05
    np.divide(near, share, out=near, where=heard)
    near[~heard] = mean
    np.maximum(near, np.float32(1e-12), out=near)
    np.log10(near, out=near)
    near *= np.float32(10)
    return near


def _hum_db(frames: Frames, room: Room, width: int) -> Values:
    """Level (dBFS) of the hum at each step: where it was found, and where the room sounds so."""
    found = frames.hum_db > _NO_HUM_DB
    if not found.any():
        return frames.hum_db
    low_db = np.empty(len(found), np.float32)
    for part, quiet in room:
        low_db[part] = 10 * np.log10(speech.summed(quiet, _LOW) + np.float32(1e-13))
    sounds_so = low_db > np.median(low_db[found]) - _WORSE_DB
    near = spread(found.astype(np.float32), width) > 0
    hum_db: Values = np.where(near & sounds_so, np.median(frames.hum_db[found]), -127.0)
    return hum_db.astype(np.float32)


def _noise_db(room: Room, hum_db: Values) -> Values:
    """Level (dBFS) of the room at each step; what hums is no noise besides."""
    noise_db = np.empty(len(hum_db), np.float32)
    for part, quiet in room:
        hums = hum_db[part] > _NO_HUM_DB
        noise_db[part] = speech.room_db(quiet)
        if hums.any():
            above = speech.band_sum(quiet, above_hum=True)
            above_db = 10 * np.log10(above + np.float32(1e-13))
            noise_db[part][hums] = above_db[hums]
    return noise_db


def _long_pause(spoken: Marks, longest: int) -> Marks:
    """Steps of pauses beyond the first `longest` of each; all of one that there is at the start."""
    long = np.zeros(len(spoken), np.bool_)
    for start, end in speech.runs(~spoken):
        long[start + longest if start else 0 : end] = True
    return long
