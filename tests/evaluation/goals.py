"""Two goals beyond findings: the suggested passage, and what a clean copy does about hum."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.evaluation.cases import gather_material, spoilable, write_sound
from tests.evaluation.clips import Clip
from tests.evaluation.defects import DEFECTS, Defect
from tests.evaluation.kept_results import PROCESSES, result_name, run_all
from tests.evaluation.reports import code_hash
from tests.evaluation.seeds import generator
from voicestudio.audio import analysis, cleanup
from voicestudio.audio.cleanup_trial import try_cleanup
from voicestudio.audio.doctor import run
from voicestudio.audio.problems import AudioProblem
from voicestudio.audio.results import VERDICTS

# One half is spoiled by each of these; the suggested passage must lie in the other half.
SPOILED_HALVES: Final = (
    ("noise white", "20 dB"), ("noise babble", "15 dB"), ("hum 50 Hz", "30 dB(A)"),
    ("clipping", "0.5 %"), ("telephone", "300-3400 Hz"), ("room", "0.9 s at 1.0 m"),
    ("music synthetic", "15 dB"), ("packets zeroed", "5 %"), ("low-pass", "4000 Hz"),
    ("noise street", "15 dB"),
)  # fmt: skip
_TOLERANCE_S: Final = 0.3  # of the join that may belong to the passage


@dataclass(frozen=True, slots=True)
class Mix:
    """A recording of one speaker: half of it good, half of it spoiled."""

    clips: tuple[Clip, ...]
    defect: Defect
    good_first: bool

    @property
    def name(self) -> str:
        return f"mix {self.clips[0].name} {self.defect.name} {self.good_first}"


@dataclass(frozen=True, slots=True)
class MixResult:
    """Where the suggested passage lies (s), and where the good half does."""

    mix: Mix
    good_s: tuple[float, float]
    best_s: tuple[float, float] | None

    @property
    def is_in_good_half(self) -> bool:
        if self.best_s is None:
            return False
        start, end = self.good_s
        return self.best_s[0] >= start - _TOLERANCE_S and self.best_s[1] <= end + _TOLERANCE_S


def choose_mixes(clips: Sequence[Clip], count: int) -> list[Mix]:
    """So many mixes, of speakers with at least two clips."""
    by_speaker: dict[str, list[Clip]] = {}
    for clip in spoilable(clips):
        by_speaker.setdefault(clip.speaker.name, []).append(clip)
    speakers = [found for found in by_speaker.values() if len(found) >= 2]
    if not speakers:
        return []
    order = generator("mixes").permutation(len(speakers))
    mixes = []
    for number in range(count):
        chosen = speakers[order[number % len(speakers)]]
        name, size = SPOILED_HALVES[number % len(SPOILED_HALVES)]
        defect = next(each for each in DEFECTS if (each.name, each.size) == (name, size))
        mixes.append(Mix(tuple(chosen[:2]), defect, number % 4 < 2))
    return mixes


def check_mixes(
    cache: Path, mixes: Sequence[Mix], clips: Sequence[Clip], *, processes: int = PROCESSES
) -> list[MixResult]:
    """What is suggested for each mix."""
    code = code_hash()
    names = [result_name(code, mix.name, *(clip.sha for clip in mix.clips)) for mix in mixes]
    work = [(cache, mix, clips) for mix in mixes]
    results = run_all(_suggestion_for, cache, names, work, processes)
    return [
        MixResult(mix, tuple(data["good_s"]), data["best_s"] and tuple(data["best_s"]))
        for mix, data in zip(mixes, results, strict=True)
    ]


def _suggestion_for(arguments: tuple[Path, Mix, Sequence[Clip]]) -> dict[str, Any]:
    cache, mix, clips = arguments
    good = gather_material(cache, mix.clips[0], clips, mix.defect)
    other = gather_material(cache, mix.clips[1], clips, mix.defect)
    spoiled = np.asarray(mix.defect.spoil(other))
    rate = good.rate
    first, second = (good.voice, spoiled) if mix.good_first else (spoiled, good.voice)
    join = len(first) / rate
    total = (len(first) + len(second)) / rate
    with tempfile.TemporaryDirectory() as folder:
        path = write_sound(Path(folder) / "mix", np.concatenate([first, second]), rate, None)
        found = analysis.analyze(path, Path(folder) / "envelope", suggest_from_ms=0)
    best = found.suggestion.best
    return {
        "good_s": [0.0, join] if mix.good_first else [join, total],
        "best_s": [best.start_ms / 1000, best.end_ms / 1000] if best else None,
    }


@dataclass(frozen=True, slots=True)
class CopyResult:
    """A recording with hum before and after a clean copy: severities, 0 for no finding.

    `offered`: the check offers the copy, because it has tried one.
    """

    name: str
    offered: bool
    hum_before: int
    hum_after: int
    verdict_before: int
    verdict_after: int


def check_copies(
    cache: Path,
    clips: Sequence[Clip],
    sample: int,
    only: Sequence[str],
    *,
    processes: int = PROCESSES,
) -> list[CopyResult]:
    """What a clean copy does to every recording in which the check names a hum."""
    defects = [each for each in DEFECTS if each.name.split()[0] in {"hum", "buzz"} and each.code]
    people = list({clip.speaker.person: clip for clip in spoilable(clips)}.values())
    work = []
    for defect in defects:
        if only and not any(word in defect.name for word in only):
            continue
        order = generator("copies", defect.name).permutation(len(people))
        work += [(cache, people[place], clips, defect) for place in order[:sample]]
    code = code_hash()
    names = [
        result_name(code, "copy", clip.name, clip.sha, defect.name, defect.size)
        for _, clip, _, defect in work
    ]
    results = run_all(_copy_of, cache, names, work, processes)
    return [CopyResult(**data) for data in results if data["hum_before"]]


def _copy_of(arguments: tuple[Path, Clip, Sequence[Clip], Defect]) -> dict[str, Any]:
    cache, clip, clips, defect = arguments
    material = gather_material(cache, clip, clips, defect)
    with tempfile.TemporaryDirectory() as folder:
        path = write_sound(Path(folder) / "hum", defect.spoil(material), material.rate, None)
        envelope = Path(folder) / "envelope"
        before = analysis.analyze(path, envelope, suggest_from_ms=3_600_000).report
        copy = Path(folder) / "copy"
        result = CopyResult(
            f"{clip.name} {defect.name} {defect.size}",
            before.needs_cleanup_trial
            and try_cleanup(path, copy, purpose="voice_clone", verdict=before.verdict).helps,
            _severity(before, "hum"), 0,
            VERDICTS.index(before.verdict), 0,
        )  # fmt: skip
        if not result.hum_before:
            return asdict(result)
        try:
            cleanup.clean_up(path, copy)
        except AudioProblem:
            return asdict(result) | {"hum_after": 3, "verdict_after": 3}
        after = run.check(copy)
    return asdict(result) | {
        "hum_after": _severity(after, "hum"), "verdict_after": VERDICTS.index(after.verdict)
    }  # fmt: skip


def _severity(report: Any, code: str) -> int:
    return max((found.severity for found in report.findings if found.code == code), default=0)
