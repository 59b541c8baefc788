"""Audio, doctor: from a file to its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..measures import Purpose
from ..problems import AudioProblem
from ..rules import LONG_MAX_BYTES, LONG_MAX_MS, check_file
from .examination import UNUSABLE, Examination, Finding, Measure, verdict_of

if TYPE_CHECKING:
    from ..envelope import Envelope
    from .hearing import Heard, Progress
    from .measured import Measured

LONGEST_S: Final = LONG_MAX_MS / 1000 + 1
# What a file that cannot be heard is called here; the rest are found by listening.
_CODES: Final = {
    "damaged": "damaged",
    "too_large": "too_long",
    "too_long": "too_long",
    "too_short": "too_short",
    "silent": "silence",
}


def examine(
    path: Path, *, purpose: Purpose = "voice_clone", max_bytes: int = LONG_MAX_BYTES
) -> Examination:
    """Hear a file once and judge it; for every file there is a verdict.

    What is no recording at all gets the verdict "unusable" with the finding damaged, not_audio or
    too_long (more than `max_bytes`); `measures` then hold `problem`, the code of the AudioProblem,
    and its facts. At most two hours are heard. OSError if there is no such file.
    """
    try:
        check_file(path, max_bytes)
        return judged(*listened(path), purpose)[0]
    except AudioProblem as problem:
        return unheard(problem)


def unheard(problem: AudioProblem) -> Examination:
    """The examination of what cannot be heard."""
    code = _CODES.get(problem.code, "not_audio")
    measures: dict[str, Measure] = {"problem": problem.code, **problem.facts}
    return Examination("unusable", [Finding(code, 0.0, 0.0, None, UNUSABLE)], measures)


def listened(
    path: Path, *, beside: Envelope | None = None, progress: Progress | None = None
) -> tuple[Heard, dict[str, Measure]]:
    """What can be heard, and what kind of file it is; `beside` hears it, too.

    `progress` is told again and again how many seconds are heard. Raises AudioProblem as `inspect`.
    """
    from .. import measuring  # PyAV and numpy are heavy: loaded by those who need them
    from ..decoding import opened
    from .hearing import Heard

    heard = Heard()
    with opened(path) as decoder:
        heard.listen(decoder, longest_s=LONGEST_S, beside=beside, progress=progress)
        measuring.refuse_broken(decoder, path, 0.0 if heard.gave_up else LONGEST_S)
        return heard, {
            "sample_rate_hz": decoder.sample_rate,
            "container": decoder.container,
            "codec": decoder.codec,
            "bytes": path.stat().st_size,
        }


def judged(
    heard: Heard, facts: dict[str, Measure], purpose: Purpose
) -> tuple[Examination, Measured]:
    """The examination of what was heard, and what it rests on."""
    from .findings import advice_of, findings_of
    from .measured import measured

    figures = measured(heard)
    figures.figures.update(facts)
    findings = findings_of(figures, purpose)
    advice = advice_of(figures, findings)
    return Examination(verdict_of(findings), findings, figures.figures, advice), figures
