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
    from .hearing import Heard
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
        return examined(path, purpose)[0]
    except AudioProblem as problem:
        return unheard(problem)


def unheard(problem: AudioProblem) -> Examination:
    """The examination of what cannot be heard."""
    code = _CODES.get(problem.code, "not_audio")
    measures: dict[str, Measure] = {"problem": problem.code, **problem.facts}
    return Examination("unusable", [Finding(code, 0.0, 0.0, None, UNUSABLE)], measures)


def examined(
    path: Path, purpose: Purpose, *, beside: Envelope | None = None
) -> tuple[Examination, Heard, Measured]:
    """The examination of what can be heard, and what it rests on; `beside` hears it, too.

    Raises AudioProblem as `inspect`.
    """
    from .. import measuring  # PyAV and numpy are heavy: loaded by those who need them
    from ..decoding import opened
    from .findings import advice_of, findings_of
    from .hearing import Heard
    from .measured import measured

    heard = Heard()
    with opened(path) as decoder:
        heard.listen(decoder, longest_s=LONGEST_S, beside=beside)
        measuring.refuse_broken(decoder, path, 0.0 if heard.gave_up else LONGEST_S)
        figures = measured(heard)
        figures.figures.update(
            sample_rate_hz=decoder.sample_rate,
            container=decoder.container,
            codec=decoder.codec,
            bytes=path.stat().st_size,
        )
    findings = findings_of(figures, purpose)
    advice = advice_of(figures, findings)
    return Examination(verdict_of(findings), findings, figures.figures, advice), heard, figures
