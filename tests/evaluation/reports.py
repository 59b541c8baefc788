"""Runs the check over cases, two at a time, and keeps every report for the next run."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.evaluation.cases import Case, write_case
from tests.evaluation.clips import Clip
from voicestudio.audio import analysis
from voicestudio.audio.results import Analysis, Report, from_json

PROCESSES: Final = 2
_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Checked:
    """A case and what the check said about it."""

    case: Case
    report: Report

    @property
    def codes(self) -> set[str]:
        """The codes of all findings that change the verdict."""
        return {finding.code for finding in self.report.findings if finding.severity}

    @property
    def hints(self) -> set[str]:
        """The codes of findings that leave the verdict as it is."""
        return {finding.code for finding in self.report.findings} - self.codes


def check_cases(
    cache: Path, cases: Sequence[Case], clips: Sequence[Clip], *, processes: int = PROCESSES
) -> list[Checked]:
    """The report on each case, from the cache where our code and the clip are the same."""
    code = code_hash()
    names = [report_name(code, case.name, case.clip.sha) for case in cases]
    work = [(cache, case, clips, name) for case, name in zip(cases, names, strict=True)]
    results = run_all(_report_of, cache, names, work, processes)
    return [
        Checked(case, from_json(Analysis, data).report)
        for case, data in zip(cases, results, strict=True)
    ]


def run_all[Arguments](
    function: Callable[[Arguments], dict[str, Any]],
    cache: Path,
    names: Sequence[str],
    work: Sequence[Arguments],
    processes: int,
) -> list[dict[str, Any]]:
    """The results of a function, each kept under its name in `cache/reports`."""
    folder = cache / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.json" for name in names]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    if missing:
        with ProcessPoolExecutor(processes, initializer=_yield_to_others) as pool:
            made = pool.map(function, [work[number] for number in missing], chunksize=4)
            for number, result in zip(missing, _with_progress(made, len(missing)), strict=True):
                part = paths[number].with_suffix(f".{os.getpid()}")
                part.write_text(json.dumps(result))
                part.rename(paths[number])
    return [json.loads(path.read_text()) for path in paths]


def _yield_to_others() -> None:
    os.nice(5)


def _with_progress[Item](items: Iterable[Item], count: int) -> Iterable[Item]:
    for number, item in enumerate(items, 1):
        if number % 100 == 0 or number == count:
            print(f"  {number} of {count} checked", flush=True)
        yield item


def report_name(code: str, *parts: str) -> str:
    """The name under which a result is kept."""
    return hashlib.sha256("|".join([code, *parts]).encode()).hexdigest()[:32]


def code_hash() -> str:
    """A hash of all that decides about a report: the check and how cases are made."""
    files = [
        *sorted((_ROOT / "voicestudio" / "audio").rglob("*.py")),
        *(Path(__file__).parent / f"{name}.py" for name in _MAKERS),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


_MAKERS: Final = ("cases", "channels", "defects", "noises", "sounds", "goals")


def _report_of(arguments: tuple[Path, Case, Sequence[Clip], str]) -> dict[str, Any]:
    cache, case, clips, _ = arguments
    with tempfile.TemporaryDirectory() as folder:
        path = write_case(cache, case, clips, Path(folder) / "recording")
        target = Path(folder) / "envelope"
        return asdict(analysis.analyze(path, target, suggest_from_ms=3_600_000))
