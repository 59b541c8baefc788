"""Audio: which part of a recording a voice is best cloned from, and which makes a prompt clip.

The hearing and choosing is in `choosing`; PyAV and numpy are imported only for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from . import rules

# Why a passage. What is true of all the recording is no reason.
REASONS: Final = (
    "least_noise",  # clearly less noise than elsewhere
    "no_clipping",  # elsewhere it is clipped
    "no_hum",  # elsewhere the mains hum
    "no_clicks",  # elsewhere it clicks
    "most_speech",  # a greater share of speech than elsewhere
    "in_pauses",  # it begins and ends in a pause
    "all_of_it",  # there is nothing to leave out but silence
)


@dataclass(frozen=True, slots=True)
class Passage:
    """From where to where (ms) in a recording, and why: some of `REASONS`, most telling first."""

    start_ms: int
    end_ms: int
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was found in one hearing; None where there is nothing to be proposed."""

    best: Passage | None
    prompt: Passage | None


def suggest(path: Path) -> Suggestion:
    """`best_passage` and `prompt_passage` in one hearing.

    Hears at most 2 hours, in memory that hardly grows. Raises AudioProblem too_large (beyond
    1 GiB), empty, not_audio, damaged, video, no_audio.
    """
    rules.check_file(path, rules.LONG_MAX_BYTES)
    from .choosing import suggestion  # heavy, see above

    return suggestion(path, longest_s=rules.LONG_MAX_MS / 1000)


def best_passage(path: Path) -> Passage | None:
    """The 60 to 120 s with the most clean speech, or what there is of it, at least 10 s.

    It begins and ends in a pause where there are pauses. None when nobody speaks for 10 s.
    Raises AudioProblem like `suggest`.
    """
    return suggest(path).best


def prompt_passage(path: Path) -> Passage | None:
    """5 to 7.5 s of clean speech that begin and end in a pause; None where there are none.

    Raises AudioProblem like `suggest`. Source: provider.md, "Audio": a prompt clip lasts less
    than 8 s.
    """
    return suggest(path).prompt
