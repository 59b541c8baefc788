"""Audio: scores each step of a recording by how useful it is for cloning the voice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .doctor import speech
from .doctor.frames import Frames
from .doctor.metrics import Measurements
from .doctor.spectrum import HIGHS, VOWELS, to_db
from .doctor.tones import STEP_S as NOTE_S
from .doctor.tones import Notes
from .doctor.windows import moving_mean

Values = NDArray[np.float32]
Halves = NDArray[np.float16]
Packed = NDArray[np.uint8]
Marks = NDArray[np.bool_]

# In dB relative to the level of the speech around.
_INAUDIBLE_DB: Final = 40.0  # noise so far below the speech does not matter
_WORSE_DB: Final = 6.0  # steps so much noisier than the best part score 0
_BEST_PERCENT: Final = 85.0
_CLEAN_MIN_S: Final = 10.0  # of clean speech, from which the best part is determined
_HUM_FROM_DB: Final = -54.0  # A-weighted: softer hum is not heard
_HUM_WORTHLESS_DB: Final = -44.0
_HUM_NEAR_S: Final = 8.0  # the window in which hum is detected
_NO_HUM_DB: Final = -120.0
_LOW: Final = slice(0, 5)  # bands below 520 Hz, which contain hum
_CLIP_SPREAD_S: Final = 2.0  # clipping affects its surroundings, too
_CLICK_SPREAD_S: Final = 3.0
_LEVEL_S: Final = 10.0
_HIGHS_NEAR_S: Final = 2.0  # before and after a step; every sentence has an s or f so often
_HIGHS_BEST_PERCENT: Final = 20.0
_HIGHS_WORSE_DB: Final = (9.0, 18.0)  # than in the best part
_MUSIC_NEAR_S: Final = 3.0
_MUSIC_PAUSES_MIN: Final = 0.05  # of that time; a single note in a shorter pause says nothing
_MUSIC_SHARE: Final = (0.25, 0.5)
_SPREAD_S: Final = 1.5  # what is so near to a defect other than noise is avoided, too
_BREATH_S: Final = 1.0  # a shorter pause is part of speech
_WORST: Final = -2.0

_ROOM_S: Final = 6.0  # before and after a step, from which its noise is determined
_ROOM_STEPS: Final = 5  # steps that share a value
_QUIET: Final = 0.1  # share of the time in which a band contains only noise
_CHUNK: Final = 500  # values computed at a time


@dataclass(frozen=True, slots=True)
class PassageScores:
    """One value for each step; the defects from `noise` on are 0 for none, or more.

    `score` is 1 for clean speech, 0 for unimportant steps, less for steps with a defect.
    """

    score: Values
    speech: Marks
    noise: Halves  # relative to the best part, in units of `_WORSE_DB`
    hum: Halves
    clipping: Halves
    clicks: Halves
    muffled: Halves
    music: Halves


def score_steps(measured: Measurements) -> PassageScores:
    """Score each step of a recording."""
    frames = measured.frames
    per_s = 1 / frames.step_s
    room = LocalRoomLevels(frames.bands, round(_ROOM_S * per_s))
    spoken = speech.detect_speech(frames.bands, room, frames.voice)
    voice_db = _voice_db(frames.rms_db, spoken, round(_LEVEL_S * per_s))

    hum_db = _hum_db(frames, room, round(_HUM_NEAR_S * per_s))
    distance = voice_db - _noise_db(room, hum_db)
    np.minimum(distance, np.float32(_INAUDIBLE_DB), out=distance)

    # Each is stored as float16 as soon as possible, to save memory for two hours.
    hum = _scale(hum_db - voice_db, _HUM_FROM_DB, _HUM_WORTHLESS_DB)
    del hum_db, voice_db
    clipping = _clipping(frames.flat, round(_CLIP_SPREAD_S * per_s))
    clicking = _clicking([*measured.gaps_s, *measured.clicks_s], len(spoken), per_s)
    muffled = _muffled(frames, spoken, round(_HIGHS_NEAR_S * per_s))
    music = _music(measured.notes, frames)
    defects: Halves = clipping + clicking + hum + muffled + music
    clean = spoken & (defects < 0.1)
    reference = clean if clean.sum() > _CLEAN_MIN_S * per_s else spoken
    best = float(np.percentile(distance[reference], _BEST_PERCENT)) if reference.any() else 0.0
    noise = _scale(distance, best, best - _WORSE_DB)
    del distance
    defects = _spread(defects, round(_SPREAD_S * per_s)) + noise

    score = np.where(spoken, np.float32(-1), np.float32(-0.3))
    score *= defects
    score += np.where(spoken, np.float32(1), np.float32(-0.05))
    score[_long_pause(spoken, round(_BREATH_S * per_s))] -= np.float32(0.3)
    np.maximum(score, np.float32(_WORST), out=score)
    return PassageScores(score, spoken, noise, hum, clipping, clicking, muffled, music)


def _scale(levels: Values, none: float, full: float) -> Halves:
    """0 at a level of `none`, 1 at `full`, and up to 3. Overwrites `levels`."""
    levels -= np.float32(none)
    levels /= np.float32(full - none)
    return np.clip(levels, 0, 3, out=levels).astype(np.float16)


def _muffled(frames: Frames, spoken: Marks, width: int) -> Halves:
    """How far the highs are below those of the part that has most of them."""
    if not spoken.any():
        return np.zeros(len(spoken), np.float16)
    levels = []
    for bands in (VOWELS, HIGHS):
        power = speech.power_in_bands(frames.bands, bands)
        power[~spoken] = 0
        levels.append(to_db(moving_mean(power, width)))
    distance: Values = levels[0]
    distance -= levels[1]
    best = float(np.percentile(distance[spoken], _HIGHS_BEST_PERCENT))
    return _scale(distance, *(best + worse for worse in _HIGHS_WORSE_DB))


def _music(notes: Notes, frames: Frames) -> Halves:
    """In how many of the pauses around each step notes are held."""
    if not len(notes.held):
        return np.zeros(len(frames.speech), np.float16)
    held, pauses = (
        moving_mean(marks.astype(np.float32), round(_MUSIC_NEAR_S / NOTE_S))
        for marks in (notes.held, notes.quiet)
    )
    share = (held / np.maximum(pauses, np.float32(_MUSIC_PAUSES_MIN))).astype(np.float32)
    music = _scale(share, *_MUSIC_SHARE)
    places = np.arange(len(frames.speech), dtype=np.float32)
    places *= np.float32(frames.step_s / NOTE_S)
    return music[np.minimum(places.astype(np.int32), len(music) - 1)]


def _spread(values: Halves, width: int) -> Halves:
    """The highest value within `width` steps of each step."""
    padded = np.pad(values, width, mode="edge")
    highest: Halves = np.lib.stride_tricks.sliding_window_view(padded, 2 * width + 1).max(axis=1)
    return highest


def _clipping(flat: NDArray[np.uint16], width: int) -> Halves:
    """How much each step is affected by clipped samples around it."""
    clipping = moving_mean((flat > 0).astype(np.float32), width)
    clipping *= np.float32(15)
    return np.minimum(clipping, np.float32(3), out=clipping).astype(np.float16)


def _clicking(clicks: Iterable[float], count: int, per_s: float) -> Halves:
    """How much each step is affected by clicks (s) around it."""
    clicking = np.zeros(count, np.float32)
    places = np.array([round(at * per_s) for at in clicks], np.intp)
    clicking[places[places < count]] = 1
    width = round(_CLICK_SPREAD_S * per_s)
    clicking = moving_mean(clicking, width)
    clicking *= np.float32(2 * width)
    return np.minimum(clicking, np.float32(2), out=clicking).astype(np.float16)


class LocalRoomLevels:
    """Noise level in every band, packed; with a better time resolution than `speech.room_levels`.

    It is measured in `width` steps before and after each step; the greater value counts, so that
    a noise starts and ends at the right step. Iterating yields a chunk of steps at a time.
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
            chunk = slice(first, first + _CHUNK)
            self._found[chunk] = np.partition(windows[chunk], place, axis=-1)[..., place]

    def __iter__(self) -> Iterator[tuple[slice, Packed]]:
        last = len(self._found) - 1
        for start in range(0, self._count, _CHUNK * _ROOM_STEPS):
            end = min(start + _CHUNK * _ROOM_STEPS, self._count)
            steps = np.arange(start // _ROOM_STEPS, -(-end // _ROOM_STEPS))
            after = self._found[np.minimum(steps, last)]
            before = self._found[np.clip(steps - self._back, 0, last)]
            rows = np.repeat(np.maximum(before, after), _ROOM_STEPS, axis=0)
            yield slice(start, end), rows[: end - start]


def _voice_db(rms_db: Values, spoken: Marks, width: int) -> Values:
    """Level (dBFS) of speech within `width` steps of each step; of all speech if there is none."""
    if not spoken.any():
        return np.full(len(spoken), -120.0, np.float32)
    power = np.zeros(len(spoken), np.float32)
    power[spoken] = np.float32(10) ** (rms_db[spoken] / np.float32(10))
    mean = np.float32(power.sum(dtype=np.float64) / spoken.sum())
    near = moving_mean(power, width)
    share = moving_mean(spoken.astype(np.float32), width)
    has_speech = share > 0.05
    np.divide(near, share, out=near, where=has_speech)
    near[~has_speech] = mean
    np.maximum(near, np.float32(1e-12), out=near)
    np.log10(near, out=near)
    near *= np.float32(10)
    return near


def _hum_db(frames: Frames, room: LocalRoomLevels, width: int) -> Values:
    """Level (dBFS) of hum at each step: where it was detected and low bands are as loud."""
    found = frames.hum_db > _NO_HUM_DB
    if not found.any():
        return frames.hum_db
    low_db = np.empty(len(found), np.float32)
    for part, quiet in room:
        low_db[part] = 10 * np.log10(speech.power_in_bands(quiet, _LOW) + np.float32(1e-13))
    as_loud = low_db > np.median(low_db[found]) - _WORSE_DB
    near = moving_mean(found.astype(np.float32), width) > 0
    hum_db: Values = np.where(near & as_loud, np.median(frames.hum_db[found]), -127.0)
    return hum_db.astype(np.float32)


def _noise_db(room: LocalRoomLevels, hum_db: Values) -> Values:
    """Noise level (dBFS) at each step, without the hum."""
    noise_db = np.empty(len(hum_db), np.float32)
    for part, quiet in room:
        has_hum = hum_db[part] > _NO_HUM_DB
        noise_db[part] = speech.room_db(quiet)
        if has_hum.any():
            above = speech.noise_power(quiet, above_hum=True)
            above_db = 10 * np.log10(above + np.float32(1e-13))
            noise_db[part][has_hum] = above_db[has_hum]
    return noise_db


def _long_pause(spoken: Marks, longest: int) -> Marks:
    """Steps of each pause after its first `longest`; all of a pause at the start."""
    long = np.zeros(len(spoken), np.bool_)
    for start, end in speech.find_runs(~spoken):
        long[start + longest if start else 0 : end] = True
    return long
