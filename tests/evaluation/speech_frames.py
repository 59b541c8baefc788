"""How much of the time is called speech or pause by mistake, clean and in noise of known size.

The truth of a clean clip is its own level; that of a noisy one is what was found without the noise.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.evaluation.cases import gather_material, spoilable, write_sound
from tests.evaluation.clips import Clip
from tests.evaluation.defects import UNSPOILED
from tests.evaluation.kept_results import PROCESSES, result_name, run_all
from tests.evaluation.noises import coloured, music
from tests.evaluation.reports import code_hash
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import Voice, add_below_speech, frame_powers
from voicestudio.audio.doctor.frames import read_frames
from voicestudio.audio.doctor.levels import STEP_S
from voicestudio.audio.doctor.speech import detect_speech, room_levels

# What is added, and how far (dB) below the speech it is.
SOUNDS: Final = {"clean": None, "white, 10 dB": 10, "pink, 5 dB": 5, "music, 10 dB": 10}
_PAUSE_DB: Final = 33.0  # below the loud moments of a clip whose room is at least 38 dB below them
_GAP: Final = 4  # steps of 50 ms: who labels speech by hand marks no pause within a word


@dataclass(frozen=True, slots=True)
class SpeechErrors:
    """The share of the time that is called the wrong thing, as the check does and by levels."""

    sound: str
    together: float
    levels_alone: float


def check_speech_frames(
    cache: Path, clips: Sequence[Clip], sample: int, *, processes: int = PROCESSES
) -> list[SpeechErrors]:
    """The errors on one clip of each of so many speakers with each of SOUNDS."""
    people = list({clip.speaker.person: clip for clip in spoilable(clips)}.values())
    order = generator("speech frames").permutation(len(people))
    work = [(cache, people[place], clips, sound) for place in order[:sample] for sound in SOUNDS]
    code = code_hash()
    names = [result_name(code, "speech", clip.name, clip.sha, name) for _, clip, _, name in work]
    return [SpeechErrors(**data) for data in run_all(_errors_of, cache, names, work, processes)]


def _errors_of(arguments: tuple[Path, Clip, Sequence[Clip], str]) -> dict[str, Any]:
    cache, clip, clips, sound = arguments
    material = gather_material(cache, clip, clips, UNSPOILED)
    voice, rate = material.voice, material.rate
    with tempfile.TemporaryDirectory() as folder:
        path = write_sound(Path(folder) / "x", voice, rate, None)
        truth = speech_truth(voice, rate)
        if SOUNDS[sound] is not None:
            truth = read_frames(path, longest_s=60).speech
        write_sound(path, _with_noise(voice, rate, sound, clip.name), rate, None)
        frames = read_frames(path, longest_s=60)
    by_levels = detect_speech(frames.bands, room_levels(frames.bands))
    count = min(len(truth), len(by_levels))
    return {
        "sound": sound,
        "together": float(np.mean(frames.speech[:count] != truth[:count])),
        "levels_alone": float(np.mean(by_levels[:count] != truth[:count])),
    }


def _with_noise(voice: Voice, rate: int, sound: str, name: str) -> Voice:
    below_db = SOUNDS[sound]
    if below_db is None:
        return voice
    chance = generator(name, sound)
    slopes = {"white": 0, "pink": 1}
    kind = sound.split(",")[0]
    if kind in slopes:
        noise = coloured(len(voice), rate, slopes[kind], chance)
    else:
        noise = music(len(voice), rate, chance)
    return add_below_speech(voice, rate, noise, below_db)


def speech_truth(voice: Voice, rate: int) -> NDArray[np.bool_]:
    """Which steps of 50 ms of a clean clip are speech, by their level alone."""
    powers = frame_powers(voice, rate, STEP_S)
    speech = powers > np.percentile(powers, 95) * 10 ** (-_PAUSE_DB / 10)
    edges = np.flatnonzero(np.diff(speech.astype(np.int8)))
    for end, start in pairwise(edges):
        if speech[end] and start - end <= _GAP:
            speech[end + 1 : start + 1] = True
    result: NDArray[np.bool_] = speech
    return result
