"""Template tags of a recording and its check: badge, findings, recommended options, origin."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from django import template
from django.utils.functional import Promise

from voicestudio import words
from voicestudio.audio import TRIED_CODE, Track, is_outdated
from voicestudio.forms.cutting import format_length
from voicestudio.forms.recordings import ACCEPTED_FILES
from voicestudio.models import AudioFile, Origin, Purpose, Verdict
from voicestudio.models.recordings import UNUSABLE
from voicestudio.words import recordings as recording_words
from voicestudio.words.findings import Diagnosis
from voicestudio.words.items import join_items, label_value

from .studio import clock

register = template.Library()

MOST_FINDINGS: Final = 3
IN_MINUTES_MS: Final = 600_000  # the progress of longer recordings is shown in minutes
TONES: Final = {0: "remark", 1: "remark", 2: "warn"}


@dataclass(frozen=True, eq=False)
class Badge:
    """A verdict as a word with its icon; `state` gives the colour.

    Each is one object, so that comparing rows does not translate its label.
    """

    state: str
    icon: str
    label: str | Promise


@dataclass(frozen=True)
class Finding:
    """One finding as the page shows it: sentences, severity, and where to hear it (seconds).

    `is_trying_cleanup`: what to do is not certain yet, because a clean copy is being tried.
    """

    code: str
    text: Diagnosis
    tone: str
    from_s: float
    to_s: float
    is_trying_cleanup: bool = False

    @property
    def media_fragment(self) -> str:
        """The end of an address that plays only this part: #t=12.0,15.0."""
        return f"#t={self.from_s:g},{self.to_s:g}"

    @property
    def from_ms(self) -> float:
        """The start in milliseconds."""
        return self.from_s * 1000

    @property
    def can_be_heard(self) -> bool:
        """Whether the finding has a place to play."""
        return self.to_s > self.from_s


BADGES: Final = {
    Verdict.GOOD: Badge("good", "check", Verdict.GOOD.label),
    Verdict.USABLE: Badge("usable", "nearly", Verdict.USABLE.label),
    Verdict.DISAPPOINTING: Badge("warn", "warning", Verdict.DISAPPOINTING.label),
    Verdict.UNUSABLE: Badge("bad", "cross", Verdict.UNUSABLE.label),
}
NEEDS_CUTTING: Final = Badge("warn", "scissors", recording_words.NEEDS_CUTTING)
CHECKING: Final = Badge("busy", "busy", recording_words.CHECKING)
NOT_CHECKED: Final = Badge("", "question", recording_words.NOT_CHECKED)
AT_MINIMAX: Final = Badge("", "", recording_words.AT_MINIMAX)
DELETED: Final = Badge("", "", recording_words.DELETED)


@register.filter
def badge(recording: AudioFile) -> Badge:
    """The verdict, or why there is none."""
    if recording.deleted_at is not None:
        return DELETED
    if not recording.has_file:
        return AT_MINIMAX
    if is_only_too_long(recording):
        return NEEDS_CUTTING
    if recording.verdict:
        return BADGES[Verdict(recording.verdict)]
    return CHECKING if recording.is_being_checked else NOT_CHECKED


@register.filter
def is_only_too_long(recording: AudioFile) -> bool:
    """Whether it was checked and could be used if it were shorter."""
    faults = {row["code"] for row in recording.findings if row["severity"] >= UNUSABLE}
    return recording.needs_cutting and bool(recording.verdict) and faults <= {"too_long"}


@register.filter
def check_progress(recording: AudioFile) -> str:
    """How much has been checked: "34 of 120 minutes"; empty if that is unknown."""
    checked, length = recording.checked_ms, recording.duration_ms
    if not checked or not length or not recording.is_being_checked:
        return ""
    checked = min(checked, length)
    if length < IN_MINUTES_MS:
        return recording_words.describe_progress(clock(checked), clock(length))
    return recording_words.describe_progress(checked // 60_000, round(length / 60_000))


@register.filter
def findings(recording: AudioFile) -> list[Finding]:
    """The most serious findings, at most three."""
    # In the colour of the badge, which doesn't say "Unusable" of a recording to cut.
    worst = "warn" if is_only_too_long(recording) else "bad"
    return [_finding(row, recording, worst) for row in recording.findings[:MOST_FINDINGS]]


def first_finding_title(recording: AudioFile) -> str | Promise:
    """The title of the most serious finding; "" without one."""
    if not recording.findings:
        return ""
    return _describe(recording.findings[0], recording).title


@register.filter
def has_outdated_report(recording: AudioFile) -> bool:
    """Whether its report is from an earlier version of the check."""
    return bool(recording.verdict) and is_outdated(recording.figures)


@register.filter
def verdict_meaning(recording: AudioFile) -> str | Promise:
    """What the verdict means for the voice."""
    return words.describe_verdict(recording.verdict).next_step


@register.filter
def recommended_options(recording: AudioFile) -> list[tuple[str, str | Promise, str | Promise]]:
    """The sound options recommended for this recording: each field, its label and the reason."""
    return [
        (option, name, recommendation_reason(recording, option))
        for option, name in recording_words.SOUND_OPTIONS.items()
        if recording.advice.get(option)
    ]


@register.filter
def recommendation_reason(recording: AudioFile | None, option: str) -> str | Promise:
    """Why an option is recommended for this recording; empty if it is not."""
    if recording is None or not recording.advice.get(option):
        return ""
    code = recording.advice.get(f"{option}_because", "")
    finding = next((row for row in recording.findings if row["code"] == code), None)
    if not code:
        return ""
    facts = (finding["value"], finding["severity"]) if finding else (None, None)
    return words.describe_finding(code, facts[0], severity=facts[1]).title


@register.filter
def origin(recording: AudioFile) -> str:
    """Where a recording comes from: "cut, 0:42–1:30", "clean copy: hum removed"."""
    label = str(Origin(recording.origin).label)
    if recording.origin == Origin.CUT and recording.to_ms is not None:
        return join_items([label, f"{clock(recording.from_ms)}–{clock(recording.to_ms)}"])
    if recording.origin == Origin.CLEANED and recording.steps:
        return label_value(label, cleanup_steps(recording.steps))
    return label


@register.filter
def audio_length(recording: AudioFile) -> str:
    """The length: 1:24; for a prompt clip, where tenths matter, 6.3 s."""
    if recording.purpose == Purpose.PROMPT and recording.duration_ms is not None:
        return format_length(recording.duration_ms)
    return clock(recording.duration_ms)


@register.filter
def file_format(recording: AudioFile) -> str:
    """The format of the file by its suffix: mp3, m4a, wav."""
    return PurePosixPath(recording.file.name or "").suffix.lstrip(".")


@register.filter
def reading_notes(recording: AudioFile) -> list[str]:
    """What was done so that the file can be read."""
    return recording_words.describe_notes(recording.notes)


@register.filter
def track_speech(track: Track) -> str:
    """About how much speech a track holds."""
    return recording_words.describe_speech(track.speech_ms, track.judged_ms, track.duration_ms)


@register.simple_tag
def accepted_files() -> str:
    """The types of files that file pickers offer."""
    return ACCEPTED_FILES


@register.filter
def cleanup_steps(steps: list[str]) -> str:
    """What was changed in a clean copy."""
    return recording_words.describe_cleanup(steps)


def _finding(row: dict[str, Any], recording: AudioFile, worst: str) -> Finding:
    return Finding(
        code=row["code"],
        text=_describe(row, recording),
        tone=worst if row["severity"] >= UNUSABLE else TONES.get(row["severity"], "remark"),
        from_s=row["from_s"],
        to_s=row["to_s"],
        is_trying_cleanup=row["code"] == TRIED_CODE and recording.is_trying_cleanup,
    )


def _describe(row: dict[str, Any], recording: AudioFile) -> Diagnosis:
    return words.describe_finding(
        row["code"],
        row["value"],
        severity=row["severity"],
        purpose=recording.purpose,
        clean_copy_helps=row.get("clean_copy_helps"),
    )
