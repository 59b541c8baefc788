"""The clean clips: prompts of one speaker, joined with that speaker's own room tone."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

import av
import numpy as np

from tests.audio import recordings
from tests.evaluation.kept_results import PROCESSES, hash_files, result_name, run_all
from tests.evaluation.packages import Package, fetch_packages, licence_text
from tests.evaluation.prompts import Prompt, Speaker, find_prompts
from tests.evaluation.room_tone import RoomTone, faded, words_of
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import Voice, read_voice, resample, within_full_scale
from tests.evaluation.truth import Truth, measure_truth
from tests.evaluation.truth_measures import full_scale_share

Half = Literal["tuning", "judging"]
CLIP_S: Final = 25.0
_SHORTEST_S: Final = 15.0
_CLIPS_A_SPEAKER: Final = 5
_PROMPTS_MAX: Final = 200  # of one speaker that are read
_RATE_MAX: Final = 48_000
_RATE_BELIEVED: Final = 96_000  # a higher rate of a prompt is an error of its header


@dataclass(frozen=True, slots=True)
class ClipFile:
    """One clean recording of the corpus; `path` is relative to the folder of the clips."""

    name: str
    path: str
    speaker: Speaker
    half: Half
    seconds: float
    sha: str
    pauses_s: list[list[float]]  # the joins: certainly no speech
    full_scale_share: float  # of samples, before the level was lowered to be below full scale


@dataclass(frozen=True, slots=True)
class Clip(ClipFile):
    """A clip with the measures that decide what a professional would call it."""

    truth: Truth


def half_of(person: str) -> Half:
    """The half of a person, which never changes when others are added."""
    return "judging" if hashlib.sha256(person.encode()).digest()[0] % 2 else "tuning"


def build_clips(cache: Path) -> None:
    """Fetch the packages and write all clips, their licences and the index."""
    packages = cache / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    fetched = fetch_packages(packages)
    clips = []
    with ProcessPoolExecutor(2) as pool:
        builds = [pool.submit(_build_package, *each, cache / "clips") for each in fetched]
        for (package, _), build in zip(fetched, builds, strict=True):
            clips += build.result()
            print(f"{package.name}: {len(build.result())} clips", flush=True)
    index_of(cache).write_text(json.dumps([asdict(clip) for clip in clips], indent=1))


def _build_package(package: Package, folder: Path, clips: Path) -> list[ClipFile]:
    """Write the clips of a package and the licence beside them."""
    target = clips / package.name
    target.mkdir(parents=True, exist_ok=True)
    (target / "LICENCE.txt").write_text(licence_text(package, folder))
    return list(_clips_of(package, folder, target))


def index_of(cache: Path) -> Path:
    """The file with the facts of all clips but their truth."""
    return cache / "clips" / "index.json"


def load_clips(cache: Path, processes: int = PROCESSES) -> list[Clip]:
    """The clips that were built; none if `build_clips` has not run.

    The truth about a clip is measured again when the code of its measures changes.
    """
    index = index_of(cache)
    if not index.exists():
        return []
    files = [_clip_file(data) for data in json.loads(index.read_text())]
    here = Path(__file__).parent
    code = hash_files(here / f"{name}.py" for name in ("truth", "truth_measures", "sounds"))
    names = [
        result_name(code, clip.sha, str(clip.pauses_s), str(clip.full_scale_share))
        for clip in files
    ]
    truths = run_all(_truth_of, cache, names, [(cache, clip) for clip in files], processes)
    return [
        Clip(**{part.name: getattr(clip, part.name) for part in fields(clip)}, truth=Truth(**truth))
        for clip, truth in zip(files, truths, strict=True)
    ]


def _clip_file(data: dict[str, Any]) -> ClipFile:
    return ClipFile(**data | {"speaker": Speaker(**data["speaker"])})


def _truth_of(arguments: tuple[Path, ClipFile]) -> dict[str, Any]:
    cache, clip = arguments
    voice, rate = read_clip(cache, clip)
    return asdict(measure_truth(voice, rate, clip.pauses_s, clip.full_scale_share))


def read_clip(cache: Path, clip: ClipFile) -> tuple[Voice, int]:
    """The samples of a clip and their rate."""
    return read_voice(cache / "clips" / clip.path)


def _clips_of(package: Package, folder: Path, target: Path) -> Iterator[ClipFile]:
    by_speaker: dict[Speaker, list[Prompt]] = defaultdict(list)
    for speaker, prompt in find_prompts(package, folder):
        by_speaker[speaker].append(prompt)
    for speaker, prompts in by_speaker.items():
        chance = generator("clips", speaker.name)
        chance.shuffle(prompts)
        is_long = prompts[0].is_long
        voices, rate = _read_all(prompts if is_long else prompts[:_PROMPTS_MAX])
        if not voices:
            continue
        joined = _slices(voices, rate) if is_long else _join_all(voices, rate, chance)
        for number, (voice, pauses) in enumerate(joined):
            yield _write(target, speaker, number, voice, rate, pauses)


def _write(
    target: Path, speaker: Speaker, number: int, voice: Voice, rate: int, pauses: list[list[float]]
) -> ClipFile:
    path = target / f"{speaker.name}-{number}.wav"
    recordings.write(path, within_full_scale(voice)[None], rate)
    return ClipFile(
        name=path.stem,
        path=f"{target.name}/{path.name}",
        speaker=speaker,
        half=half_of(speaker.person),
        seconds=round(len(voice) / rate, 2),
        sha=hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        pauses_s=pauses,
        full_scale_share=round(full_scale_share(voice), 6),
    )


def _read_all(prompts: list[Prompt]) -> tuple[list[Voice], int]:
    """All prompts that can be decoded, at the rate of most of them."""
    read = []
    for prompt in prompts:
        try:
            read.append(read_voice(prompt.path))
        except (av.FFmpegError, IndexError, ValueError):
            continue
    read = [(voice, rate) for voice, rate in read if rate <= _RATE_BELIEVED]
    rates = [rate for _, rate in read]
    if not rates:
        return [], 0
    rate = min(max(set(rates), key=rates.count), _RATE_MAX)
    return [resample(voice, own, rate) for voice, own in read if len(voice) > own // 5], rate


def _slices(voices: list[Voice], rate: int) -> Iterator[tuple[Voice, list[list[float]]]]:
    """Continuous speech in clips of equal length."""
    voice = np.concatenate(voices)
    count = min(_CLIPS_A_SPEAKER, max(1, int(len(voice) / rate // CLIP_S)))
    for part in np.array_split(voice[: round(count * 1.5 * CLIP_S * rate)], count):
        if len(part) >= _SHORTEST_S * rate:
            yield part, []


def _join_all(
    voices: list[Voice], rate: int, chance: np.random.Generator
) -> Iterator[tuple[Voice, list[list[float]]]]:
    """Join prompts until a clip is long enough, then start the next one."""
    room = RoomTone(voices, rate)
    parts: list[Voice] = []
    pauses: list[list[float]] = []
    length = made = 0
    for word in (word for voice in voices for word in words_of(voice, rate)):
        if made == _CLIPS_A_SPEAKER:
            return
        longest = 0.8 if len(word) > 1.2 * rate else 0.32  # so that a list of words is no silence
        pause = room.pause(round(chance.uniform(0.3, longest) * rate), chance)
        pauses.append([round(length / rate, 3), round((length + len(pause)) / rate, 3)])
        parts += [pause, faded(word, rate)]
        length += len(pause) + len(word)
        if length >= CLIP_S * rate:
            yield np.concatenate(parts), pauses
            made += 1
            parts, pauses, length = [], [], 0
    if length >= _SHORTEST_S * rate:
        yield np.concatenate(parts), pauses
