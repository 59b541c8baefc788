"""A case: one clip, clean or spoiled by one defect. Its file is made anew in every run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tests.audio import recordings
from tests.audio.recordings import Sound
from tests.evaluation.clips import Clip, read_clip
from tests.evaluation.defects import DEFECTS, UNSPOILED, Defect, Material
from tests.evaluation.prompts import background_music
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import Voice, level_voice, read_voice, resample

BABBLE_VOICES: Final = 8
_SPOILED_S: Final = 25.0


@dataclass(frozen=True, slots=True)
class Case:
    """`defect` is None for the clean clip, whose level is left as it was recorded."""

    clip: Clip
    defect: Defect | None = None

    @property
    def name(self) -> str:
        if self.defect is None:
            return self.clip.name
        return f"{self.clip.name} {self.defect.name} {self.defect.size}"


def clean_cases(clips: Sequence[Clip]) -> list[Case]:
    """Every clip as it is."""
    return [Case(clip) for clip in clips]


def spoiled_cases(clips: Sequence[Clip], only: Sequence[str], sample: int) -> list[Case]:
    """`sample` speakers for each defect and size, other ones for each defect.

    `only`: words of which the name of a defect must contain one; all defects if it is empty.
    """
    speakers = {clip.speaker.person: clip for clip in spoilable(clips)}
    of_known_sex = {person: clip for person, clip in speakers.items() if sex_of(clip)}
    cases = []
    for defect in DEFECTS:
        if only and not any(word in f"{defect.name} {defect.size}" for word in only):
            continue
        by_speaker = of_known_sex if defect.name.startswith("two speakers") else speakers
        order = generator("sample", defect.name).permutation(len(by_speaker))
        chosen = [list(by_speaker.values())[place] for place in order[:sample]]
        cases += [Case(clip, defect) for clip in chosen]
    return cases


def unspoiled_cases(spoiled: Sequence[Case]) -> list[Case]:
    """Each clip that is spoiled, at the same level and length, with nothing added."""
    clips = {case.clip.name: case.clip for case in spoiled}
    return [Case(clip, UNSPOILED) for clip in clips.values()]


def spoilable(clips: Sequence[Clip]) -> list[Clip]:
    """The clips that are clean enough that a defect is the only one: good by independent measures.

    The noise of the room must be far below the smallest defect, and the band wide enough.
    """
    return [
        clip
        for clip in clips
        if clip.truth.acceptance == "good"
        and clip.truth.snr_a_db > 38
        and clip.truth.bandwidth_hz > 6800
        and clip.seconds >= 18
    ]


def write_case(cache: Path, case: Case, clips: Sequence[Clip], target: Path) -> Path:
    """Write the recording of a case and return its path."""
    if case.defect is None:
        return cache / "clips" / case.clip.path
    material = gather_material(cache, case.clip, clips, case.defect)
    sound = case.defect.spoil(material)
    return write_sound(target, sound, material.rate, case.defect)


def write_sound(target: Path, sound: Voice | Sound, rate: int, defect: Defect | None) -> Path:
    """Write a sound as wav, or with the codec of the defect."""
    kind, bit_rate = defect.encoding if defect else ("wav", 0)
    channels = np.atleast_2d(sound)
    if defect and defect.rate and defect.rate != rate:
        channels = np.stack([resample(channel, rate, defect.rate) for channel in channels])
        rate = defect.rate
    return recordings.write(target, channels, rate, kind=kind, bit_rate=bit_rate or 256_000)


def gather_material(cache: Path, clip: Clip, clips: Sequence[Clip], defect: Defect) -> Material:
    """The clip at -20 dBFS, and what the defect mixes with it."""
    voice, rate = read_clip(cache, clip)
    voice = level_voice(voice[: round(_SPOILED_S * rate)], rate)
    chance = generator(clip.name, defect.name, defect.size)
    material = Material(voice, rate, chance)
    strangers = [other for other in clips if other.speaker.person != clip.speaker.person]
    if defect.name == "noise babble":
        people = {other.speaker.person: other for other in strangers}
        chosen = chance.permutation(len(people))[:BABBLE_VOICES]
        material.others = [_read_at(cache, list(people.values())[n], rate) for n in chosen]
    if defect.name.startswith("two speakers"):
        same = "same sex" in defect.name
        material.partner = _partner(cache, clip, strangers, rate, chance, same=same)
    if defect.name == "music recorded":
        pieces = background_music(cache / "packages")
        if pieces:
            piece, own_rate = read_voice(pieces[int(chance.integers(len(pieces)))])
            material.music = resample(piece[: 60 * own_rate], own_rate, rate)
    return material


def _read_at(cache: Path, clip: Clip, rate: int) -> Voice:
    voice, own_rate = read_clip(cache, clip)
    return resample(voice, own_rate, rate)


def _partner(
    cache: Path, clip: Clip, strangers: Sequence[Clip], rate: int, chance: np.random.Generator,
    *, same: bool,
) -> Voice:  # fmt: skip
    """The voice of another good speaker whose sex is the same or the other one."""
    own = sex_of(clip)
    wanted = [
        other for other in spoilable(strangers) if sex_of(other) and (sex_of(other) == own) is same
    ]
    choice = wanted or list(strangers)
    return _read_at(cache, choice[int(chance.integers(len(choice)))], rate)


def sex_of(clip: Clip) -> str:
    """As the package states it, or by the pitch."""
    return clip.speaker.sex or clip.truth.sex
