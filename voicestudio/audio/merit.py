"""Audio: what each moment of a recording is worth to somebody who clones the voice in it.

This module imports numpy: the rest of the house reaches it only through `passages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .doctor import speech
from .doctor.frames import Frames
from .doctor.growing import level

Values = NDArray[np.float32]
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


@dataclass(frozen=True, slots=True)
class Merit:
    """One value for each step; `noise`, `hum`, `clipping` and `clicks` are 0 (none) and more.

    `value` is 1 for a step of clean speech, 0 for what does not matter, less for what is spoiled.
    """

    value: Values
    speech: Marks
    noise: Values  # how much noisier than the best part, in units of `_WORSE_DB`
    hum: Values
    clipping: Values
    clicks: Values


def merit(frames: Frames, clicks: Iterable[float]) -> Merit:
    """What each step of a recording is worth. `clicks`: where it clicks or drops out (s)."""
    per_s = 1 / frames.step_s
    quiet = room(frames.bands, round(_ROOM_S * per_s))
    spoken = speech.heard(frames.bands, quiet)
    voice_db = _voice_db(frames.rms_db, spoken, round(_LEVEL_S * per_s))

    clipped = spread((frames.clipped > 0).astype(np.float32), round(_CLIP_SPREAD_S * per_s))
    clipping = np.minimum(15 * clipped, np.float32(3))
    clicking = np.zeros(len(spoken), np.float32)
    places = np.array([round(at * per_s) for at in clicks], np.intp)
    clicking[places[places < len(spoken)]] = 1
    width = round(_CLICK_SPREAD_S * per_s)
    clicking = np.minimum(spread(clicking, width) * (2 * width), np.float32(2))
    hum_db = _hum_db(frames, quiet, round(_HUM_NEAR_S * per_s))
    hum = np.clip((hum_db - voice_db - _HUM_FROM_DB) / (_HUM_WORTHLESS_DB - _HUM_FROM_DB), 0, 3)

    # What hums is no noise besides.
    above = 10 * np.log10(speech.band_sum(quiet, above_hum=True) + np.float32(1e-13))
    noise_db = np.where(hum_db > _NO_HUM_DB, above, speech.room_db(quiet))
    distance = np.minimum(voice_db - noise_db, np.float32(_FINE_DB))
    clean = spoken & (clipping + clicking + hum < 0.1)
    known = clean if clean.sum() > _KNOWN_S * per_s else spoken
    best = float(np.percentile(distance[known], _BEST_PERCENT)) if known.any() else 0.0
    noise = np.clip((best - distance) / np.float32(_WORSE_DB), 0, 3)

    spoiled = noise + hum + clipping + clicking
    value = np.where(spoken, 1 - spoiled, -0.05 - 0.3 * spoiled)
    value -= np.where(_long_pause(spoken, round(_BREATH_S * per_s)), np.float32(0.3), 0)
    return Merit(
        np.maximum(value, _WORST).astype(np.float32),
        spoken,
        noise.astype(np.float32),
        hum.astype(np.float32),
        clipping,
        clicking,
    )


def room(rows: Packed, width: int) -> Packed:
    """Level of the room in every band and step, packed; sharper in time than the doctor's.

    Heard in `width` steps before and in as many behind each moment, and the worse of both is
    taken: so a noise begins and ends where it does, whichever side of it one comes from.
    """
    count = len(rows)
    if count <= width:
        place = int(count * _QUIET)
        return (
            np.broadcast_to(np.partition(rows, place, axis=0)[place], rows.shape) if count else rows
        )
    windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=0)[::_ROOM_STEPS]
    place = int(width * _QUIET)
    found = np.concatenate(
        [
            np.partition(windows[first : first + 500], place, axis=-1)[..., place]
            for first in range(0, len(windows), 500)
        ]
    )
    moments = np.arange(0, count, _ROOM_STEPS) // _ROOM_STEPS
    behind = found[np.minimum(moments, len(found) - 1)]
    before = found[np.clip(moments - width // _ROOM_STEPS + 1, 0, len(found) - 1)]
    return np.repeat(np.maximum(before, behind), _ROOM_STEPS, axis=0)[:count]


def spread(values: Values, width: int) -> Values:
    """The mean over so many steps before and behind each."""
    until = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    places = np.arange(len(values))
    first, last = np.maximum(0, places - width), np.minimum(len(values), places + width + 1)
    mean: Values = ((until[last] - until[first]) / (last - first)).astype(np.float32)
    return mean


def _voice_db(rms_db: Values, spoken: Marks, width: int) -> Values:
    """Level (dBFS) of the speech within `width` steps of each step; of all speech where none is."""
    if not spoken.any():
        return np.full(len(spoken), -120.0, np.float32)
    power = np.where(spoken, np.float32(10) ** (rms_db / np.float32(10)), np.float32(0))
    mean = power.sum(dtype=np.float64) / spoken.sum()
    share, energy = spread(spoken.astype(np.float32), width), spread(power, width)
    near = np.where(share > 0.05, energy / np.maximum(share, np.float32(0.05)), np.float32(mean))
    return (10 * np.log10(np.maximum(near, np.float32(1e-12)))).astype(np.float32)


def _hum_db(frames: Frames, quiet: Packed, width: int) -> Values:
    """Level (dBFS) of the hum at each step: where it was found, and where the room sounds so."""
    found = frames.hum_db > _NO_HUM_DB
    if not found.any():
        return frames.hum_db
    low = (np.float32(10) ** (level(quiet[:, _LOW]) / np.float32(10))).sum(axis=1)
    low_db = 10 * np.log10(low + np.float32(1e-13))
    sounds_so = low_db > np.median(low_db[found]) - _WORSE_DB
    near = spread(found.astype(np.float32), width) > 0
    hum_db: Values = np.where(near & sounds_so, np.median(frames.hum_db[found]), -127.0)
    return hum_db.astype(np.float32)


def _long_pause(spoken: Marks, longest: int) -> Marks:
    """Steps of pauses beyond the first `longest` steps of each."""
    places = np.arange(len(spoken))
    last = np.maximum.accumulate(np.where(spoken, places, -longest))
    return places - last > longest
