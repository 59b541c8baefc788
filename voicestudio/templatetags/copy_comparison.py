"""Template tags of a clean copy beside its original: which is better, and equal loudness."""

from dataclasses import dataclass
from typing import Final, Literal

from django import template
from django.utils import formats

from voicestudio import words
from voicestudio.models import AudioFile, Verdict
from voicestudio.words.findings import PROBLEM_NAMES
from voicestudio.words.recordings import COPY_NOT_COMPARED, compare_copy, describe_volume_match

from .players import match_volumes

register = template.Library()

RANKS: Final = {verdict: rank for rank, verdict in enumerate(Verdict.values)}
FIXED_SHOWN: Final = 3


@dataclass(frozen=True)
class VolumeMatch:
    """The `louder` one ("original" or "copy") plays at `volume` (0 to 1): both are equally loud."""

    louder: str
    volume: float
    text: str


@register.filter
def better_recording(original: AudioFile, copy: AudioFile) -> Literal["copy", "original", ""]:
    """Which of the two is better; "" if they are equal or one has not been checked."""
    if not original.verdict or not copy.verdict:
        return ""
    before, after = _badness(original), _badness(copy)
    return "" if after == before else "copy" if after < before else "original"


@register.filter
def copy_advice(original: AudioFile, copy: AudioFile) -> words.Message:
    """Which of the two to use, and why."""
    if not original.verdict or not copy.verdict:
        return COPY_NOT_COMPARED
    remaining = {finding["code"] for finding in copy.findings}
    fixed = [
        PROBLEM_NAMES[finding["code"]]
        for finding in original.findings
        if finding["code"] not in remaining and finding["code"] in PROBLEM_NAMES
    ]
    return compare_copy(
        better_recording(original, copy),
        str(Verdict(original.verdict).label),
        str(Verdict(copy.verdict).label),
        fixed[:FIXED_SHOWN],
    )


def _badness(recording: AudioFile) -> tuple[int, int, int]:
    """The verdict, then the sum of the findings' severities, then their number."""
    severities = [int(finding["severity"]) for finding in recording.findings]
    return RANKS[recording.verdict], sum(severities), len(severities)


@register.filter
def volume_match(original: AudioFile, copy: AudioFile) -> VolumeMatch | None:
    """How to play both equally loud; None if they are, or if one was not measured."""
    match = match_volumes(*(row.figures.get("loudness_lufs") for row in (original, copy)))
    if match is None:
        return None
    louder, difference, volume = match
    name = ("original", "copy")[louder]
    text = describe_volume_match(name, formats.number_format(round(difference, 1), 1))
    return VolumeMatch(name, volume, text)
