"""Audio: what each moment of a recording is worth to somebody who clones the voice in it.

This module imports numpy: the rest of the house reaches it only through `passages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .doctor.frames import Frames

Values = NDArray[np.float32]

# All in dB relative to the level of the speech around.
_FINE_DB: Final = 40.0  # noise so far below the speech is heard by nobody
_WORSE_DB: Final = 6.0  # noisier than the best part by this: worth nothing
_HUM_FROM_DB: Final = -50.0
_HUM_WORTHLESS_DB: Final = -35.0
_CLIP_SPREAD_S: Final = 1.0  # clipping spoils what is around it, too
_CLICK_SPREAD_S: Final = 0.5
_CLICK_CREST_DB: Final = 24.0  # of 50 ms: no voice is so peaky
_CLICK_PEAK: Final = 0.02
_LEVEL_S: Final = 10.0
_BREATH_S: Final = 1.0  # a pause up to here belongs to speech
_WORST: Final = -2.0


@dataclass(frozen=True, slots=True)
class Merit:
    """One value for each step; `noise`, `hum`, `clipping` and `clicks` are 0 (none) and more.

    `value` is 1 for a step of clean speech, 0 for what does not matter, less for what is spoiled.
    """

    value: Values
    speech: NDArray[np.bool_]
    noise: Values  # how much noisier than the best part, in units of `_WORSE_DB`
    hum: Values
    clipping: Values
    clicks: Values


def merit(frames: Frames) -> Merit:
    """What each step of a recording is worth."""
    speech = frames.speech
    per_s = 1 / frames.step_s
    voice_db = _voice_db(frames, round(_LEVEL_S * per_s))
    distance = np.minimum(voice_db - frames.noise_db, np.float32(_FINE_DB))
    best = float(np.percentile(distance[speech], 85)) if speech.any() else 0.0
    noise = np.clip((best - distance) / np.float32(_WORSE_DB), 0, 3)
    width = _HUM_WORTHLESS_DB - _HUM_FROM_DB
    hum = np.clip((frames.hum_db - voice_db - np.float32(_HUM_FROM_DB)) / np.float32(width), 0, 3)
    clipped = (frames.clipped > 0).astype(np.float32)
    clipping = np.minimum(8 * spread(clipped, round(_CLIP_SPREAD_S * per_s)), np.float32(3))
    peaks = 20 * np.log10(np.maximum(frames.peak, np.float32(1e-6)))
    click = (peaks - frames.rms_db > _CLICK_CREST_DB) & (frames.peak > _CLICK_PEAK)
    clicks = np.minimum(
        spread(click.astype(np.float32), round(_CLICK_SPREAD_S * per_s)) * 20, np.float32(2)
    )
    spoiled = noise + hum + clipping + clicks
    value = np.where(speech, 1 - spoiled, -0.05 - 0.3 * spoiled)
    value -= np.where(_long_pause(speech, round(_BREATH_S * per_s)), np.float32(0.3), 0)
    return Merit(np.maximum(value, _WORST).astype(np.float32), speech, noise, hum, clipping, clicks)


def spread(values: Values, width: int) -> Values:
    """The mean over so many steps before and behind each."""
    until = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    places = np.arange(len(values))
    first, last = np.maximum(0, places - width), np.minimum(len(values), places + width + 1)
    mean: Values = ((until[last] - until[first]) / (last - first)).astype(np.float32)
    return mean


def _voice_db(frames: Frames, width: int) -> Values:
    """Level (dBFS) of the speech within `width` steps of each step; of all speech where none is."""
    speech = frames.speech.astype(np.float32)
    if not speech.any():
        return np.full(len(speech), -120.0, np.float32)
    power = np.where(frames.speech, np.float32(10) ** (frames.rms_db / 10), np.float32(0))
    mean = float(power.sum(dtype=np.float64) / speech.sum(dtype=np.float64))
    share, energy = spread(speech, width), spread(power, width)
    near = np.where(share > 0.05, energy / np.maximum(share, np.float32(0.05)), np.float32(mean))
    return (10 * np.log10(np.maximum(near, np.float32(1e-12)))).astype(np.float32)


def _long_pause(speech: NDArray[np.bool_], longest: int) -> NDArray[np.bool_]:
    """Steps of pauses beyond the first `longest` steps of each."""
    places = np.arange(len(speech))
    last = np.maximum.accumulate(np.where(speech, places, -longest))
    return places - last > longest
