"""Runs the check over cases, and keeps every report for the next run."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.evaluation.cases import Case, write_case
from tests.evaluation.clips import Clip
from tests.evaluation.kept_results import PROCESSES, hash_files, result_name, run_all
from voicestudio.audio import analysis
from voicestudio.audio.results import Analysis, Report, from_json

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
    names = [result_name(code, case.name, case.clip.sha) for case in cases]
    work = [(cache, case, clips, name) for case, name in zip(cases, names, strict=True)]
    results = run_all(_report_of, cache, names, work, processes)
    return [
        Checked(case, from_json(Analysis, data).report)
        for case, data in zip(cases, results, strict=True)
    ]


def code_hash() -> str:
    """A hash of all that decides about a report: the check and how cases are made."""
    files = [
        *sorted((_ROOT / "voicestudio" / "audio").rglob("*.py")),
        *(Path(__file__).parent / f"{name}.py" for name in _MAKERS),
    ]
    return hash_files(files)


_MAKERS: Final = (
    "cases",
    "channels",
    "defects",
    "noises",
    "sounds",
    "goals",
    "speech_frames",
    "written_files",
)


def _report_of(arguments: tuple[Path, Case, Sequence[Clip], str]) -> dict[str, Any]:
    cache, case, clips, _ = arguments
    with tempfile.TemporaryDirectory() as folder:
        path = write_case(cache, case, clips, Path(folder) / "recording")
        target = Path(folder) / "envelope"
        return asdict(analysis.analyze(path, target, suggest_from_ms=3_600_000))
