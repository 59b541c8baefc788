"""Audio: verdict, picture and proposals of a recording, all from one hearing.

What a recording of two hours costs is the hearing; the doctor, the cutter's picture and the choice
of the best part would each take as long alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import rules
from .doctor import Examination
from .measures import Purpose
from .passages import Passage, Suggestion


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the doctor says, and what is proposed: nothing where nothing was to be looked for."""

    examination: Examination
    suggestion: Suggestion

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Judgement:
        """What `asdict` gave, from JSON too."""
        best, prompt = (
            part and Passage(**part)
            for part in (told["suggestion"][name] for name in ("best", "prompt"))
        )
        examination = Examination.from_dict(told["examination"])
        return cls(examination, Suggestion(best, prompt))


def judge(
    source: Path,
    target: Path,
    *,
    purpose: Purpose = "voice_clone",
    suggest_from_ms: int,
    progress: Callable[[float], None] | None = None,
) -> Judgement:
    """Hear a file once; its envelope (see `zoom`) is written to `target`.

    Passages are looked for in samples, not in prompt clips: in those longer than
    `suggest_from_ms`, and in those of which something was found. At most 2 hours are heard;
    `progress` is told again and again how many seconds of them are.
    Raises AudioProblem too_large (beyond 1 GiB), empty, not_audio, damaged, video, no_audio;
    `target` does not exist then.
    """
    rules.check_file(source, rules.LONG_MAX_BYTES)
    from . import choosing, zoom  # heavy: numpy and PyAV
    from .doctor.examining import judged, listened
    from .envelope import Envelope

    envelope = Envelope()
    heard, facts = listened(source, beside=envelope, progress=progress)
    if heard.gave_up:
        zoom.write_envelope(source, target)
    else:
        zoom.write(envelope, round(heard.levels.seconds * 1000), target)
    # What has done its part goes: all of two hours at once would not fit beside five minutes.
    del envelope
    examination, measured = judged(heard, facts, purpose)
    gaps, frames = heard.gaps, measured.frames
    del heard, measured
    worth_it = frames.duration_s * 1000 > suggest_from_ms or examination.findings
    if purpose != "voice_clone" or not worth_it:
        return Judgement(examination, Suggestion(None, None))
    return Judgement(examination, choosing.chosen(frames, gaps))
