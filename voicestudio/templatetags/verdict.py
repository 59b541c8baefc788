"""Template tags of a verdict: its word and drawing, its findings, and what they lead to."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.forms.cutting import length_of
from voicestudio.models import AudioFile, Origin, Purpose, Verdict

from .studio import clock

register = template.Library()

# More than three would be read by nobody.
SHOWN: Final = 3
IN_MINUTES_MS: Final = 600_000  # from here on, seconds would be too fine to be read
TONES: Final = {1: "remark", 2: "warn", 3: "bad"}


@dataclass(frozen=True)
class Badge:
    """A verdict as a word with its drawing; `state` gives the colour."""

    state: str
    icon: str
    label: str | Promise


@dataclass(frozen=True)
class Shown:
    """One finding as the page shows it: the sentences, how serious, and where to hear it."""

    code: str
    what: str | Promise
    why: str | Promise
    what_to_do: str | Promise
    tone: str
    from_s: float
    to_s: float

    @property
    def media_range(self) -> str:
        """The end of an address that plays only this part: #t=12.0,15.0."""
        return f"#t={self.from_s:g},{self.to_s:g}"

    @property
    def from_ms(self) -> float:
        """Where it begins, in milliseconds."""
        return self.from_s * 1000

    @property
    def can_be_heard(self) -> bool:
        """Whether there is a place to play."""
        return self.to_s > self.from_s


@dataclass(frozen=True)
class Suggested:
    """A sound option of the form that the findings speak for, and which finding it is."""

    option: str
    name: str | Promise
    because: str | Promise


BADGES: Final = {
    Verdict.GOOD: Badge("good", "check", Verdict.GOOD.label),
    Verdict.USABLE: Badge("usable", "nearly", Verdict.USABLE.label),
    Verdict.DISAPPOINTING: Badge("warn", "warning", Verdict.DISAPPOINTING.label),
    Verdict.UNUSABLE: Badge("bad", "cross", Verdict.UNUSABLE.label),
}
JUDGING: Final = Badge("busy", "busy", _("Listening…"))
UNJUDGED: Final = Badge("", "question", _("Not checked"))
ELSEWHERE: Final = Badge("", "", _("At MiniMax"))
GONE: Final = Badge("", "", _("Deleted"))
STEPS: Final = {
    "mono": _("made mono"),
    "dc": _("offset removed"),
    "hum": _("hum removed"),
    "trim": _("silent ends trimmed"),
    "level": _("level evened"),
    "limit": _("peaks held below −3 dB"),
}
OPTIONS: Final = {
    "noise_reduction": _("Reduce noise"),
    "volume_normalization": _("Even out volume"),
}


@register.filter
def badge(recording: AudioFile) -> Badge:
    """The verdict, or why there is none."""
    if recording.deleted_at is not None:
        return GONE
    if not recording.has_file:
        return ELSEWHERE
    if recording.verdict:
        return BADGES[Verdict(recording.verdict)]
    return JUDGING if recording.is_being_checked else UNJUDGED


@register.filter
def how_far(recording: AudioFile) -> str:
    """How much of it the studio has heard: "34 of 120 minutes"; empty where nobody says so."""
    heard, whole = recording.checked_ms, recording.duration_ms
    if not heard or not whole or not recording.is_being_checked:
        return ""
    heard = min(heard, whole)
    if whole < IN_MINUTES_MS:
        told = {"heard": words.seconds(heard), "whole": words.seconds(whole)}
        return _("%(heard)s of %(whole)s") % told
    minutes = {"heard": heard // 60_000, "whole": round(whole / 60_000)}
    return _("%(heard)d of %(whole)d minutes") % minutes


@register.filter
def shown_findings(recording: AudioFile) -> list[Shown]:
    """The most serious findings, at most three."""
    return [_shown(finding, recording.purpose) for finding in recording.findings[:SHOWN]]


@register.filter
def means(recording: AudioFile) -> str | Promise:
    """What the verdict means for the voice."""
    return words.describe_verdict(recording.verdict).next_step


@register.filter
def suggested(recording: AudioFile) -> list[Suggested]:
    """The sound options that are recommended for this recording."""
    return [
        Suggested(option, name, _because(recording, option))
        for option, name in OPTIONS.items()
        if recording.advice.get(option)
    ]


@register.filter
def came(recording: AudioFile) -> str:
    """How a recording came to us: "cut, 0:42–1:30", "tidied copy: hum removed"."""
    how = str(recording.get_origin_display())
    if recording.origin == Origin.CUT and recording.to_ms is not None:
        start, end = words.seconds(recording.from_ms), words.seconds(recording.to_ms)
        return f"{how}, {start}–{end}"
    if recording.origin == Origin.CLEANED and recording.steps:
        return f"{how}: {steps_done(recording.steps)}"
    return how


@register.filter
def lasts(recording: AudioFile) -> str:
    """How long it is: 1:24. A prompt clip, of which every tenth counts: 6.3 s."""
    if recording.purpose == Purpose.PROMPT and recording.duration_ms is not None:
        return length_of(recording.duration_ms)
    return clock(recording.duration_ms)


@register.filter
def kind_of_file(recording: AudioFile) -> str:
    """What the file is, as everybody calls it: mp3, m4a, wav."""
    return PurePosixPath(recording.file.name or "").suffix.lstrip(".")


@register.filter
def steps_done(steps: list[str]) -> str:
    """What was done to a tidied copy, in words."""
    return ", ".join(str(STEPS[step]) for step in steps if step in STEPS)


@register.filter
def because(recording: AudioFile | None, option: str) -> str | Promise:
    """Why an option is recommended for this recording; empty if it is not."""
    if recording is None or not recording.advice.get(option):
        return ""
    return _because(recording, option)


def _because(recording: AudioFile, option: str) -> str | Promise:
    code = recording.advice.get(f"{option}_because", "")
    found = next((one for one in recording.findings if one["code"] == code), None)
    return words.describe_finding(code, found["value"] if found else None).what if code else ""


def _shown(finding: dict[str, Any], purpose: str) -> Shown:
    said = words.describe_finding(finding["code"], finding["value"], purpose=purpose)
    return Shown(
        code=finding["code"],
        what=said.what,
        why=said.why,
        what_to_do=said.what_to_do,
        tone=TONES.get(finding["severity"], "remark"),
        from_s=finding["from_s"],
        to_s=finding["to_s"],
    )
