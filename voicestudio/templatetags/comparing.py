"""Template tags of a tidied copy beside its original: which is better, and equally loud."""

from dataclasses import dataclass
from typing import Final

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

from voicestudio import words
from voicestudio.models import AudioFile, Verdict

register = template.Library()

RANKS: Final = {verdict: place for place, verdict in enumerate(Verdict.values)}
# Nobody hears a smaller difference (LU).
HEARD_LU: Final = 0.3


@dataclass(frozen=True)
class Match:
    """How two sounds are played equally loud: `softer` (its id) at `volume` (0 to 1)."""

    softer: int
    volume: float
    words: str


@register.filter
def preferred(original: AudioFile, copy: AudioFile) -> str:
    """Which of the two is better: "copy", "original", or "" where only an ear can tell."""
    if not original.verdict or not copy.verdict:
        return ""
    before, after = _badness(original), _badness(copy)
    return "" if after == before else "copy" if after < before else "original"


@register.filter
def compared(original: AudioFile, copy: AudioFile) -> words.Message:
    """Which of the two to use, and why."""
    if not original.verdict or not copy.verdict:
        return words.Message(
            _("One of the two has not been checked."), _("Listen to both and trust your ears.")
        )
    better = preferred(original, copy)
    labels = {
        "before": Verdict(original.verdict).label,
        "after": Verdict(copy.verdict).label,
    }
    if better == "copy":
        if RANKS[copy.verdict] < RANKS[original.verdict]:
            why = _("It is judged “%(after)s” instead of “%(before)s”.") % labels
        else:
            why = _("Both are “%(after)s”, but less is found in the copy.") % labels
        said = f"{why} {_gone(original, copy)}".strip()
        return words.Message(_("Use the clean copy: it's better."), said)
    if better == "original":
        why = _("The copy is judged “%(after)s”, the original “%(before)s”.") % labels
        return words.Message(_("Keep the original: it is better."), why)
    return words.Message(
        _("Both are equally good."),
        _("Both are “%(after)s”. Keep the original, unless the copy sounds better to you.")
        % labels,
    )


def _badness(recording: AudioFile) -> tuple[int, int, int]:
    """The verdict, then how serious all findings are together, then how many there are."""
    severities = [int(finding["severity"]) for finding in recording.findings]
    return RANKS[recording.verdict], sum(severities), len(severities)


def _gone(original: AudioFile, copy: AudioFile) -> str:
    """What was found before and is no more, most serious first, in the doctor's words."""
    left = {finding["code"] for finding in copy.findings}
    gone = [finding for finding in original.findings if finding["code"] not in left]
    if not gone:
        return ""
    said = [str(words.describe_finding(one["code"], one["value"]).what) for one in gone[:3]]
    return _("No longer found: %(findings)s") % {"findings": " ".join(said)}


@register.filter
def matched(original: AudioFile, copy: AudioFile) -> Match | None:
    """By how much the louder one is turned down; None where both are alike or not measured."""
    loudness = [one.figures.get("loudness_lufs") for one in (original, copy)]
    if not all(isinstance(value, int | float) for value in loudness):
        return None
    before, after = (float(value) for value in loudness)
    apart = abs(after - before)
    if apart < HEARD_LU:
        return None
    louder = copy if after > before else original
    number = {"apart": formats.number_format(round(apart, 1), 1)}
    if louder is copy:
        said = _("The copy is %(apart)s dB louder. Here it is played softer, ") % number
    else:
        said = _("The original is %(apart)s dB louder. Here it is played softer, ") % number
    said += _("so that you compare the sound and not the loudness.")
    return Match(louder.pk, 10 ** (-apart / 20), said)
