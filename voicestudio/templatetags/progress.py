"""Template tags of an attempt that is under way: its stages, and what it waits for.

Both are drawn several times a second, so they are laid out once for each shape (`layouts.py`).
"""

from datetime import datetime
from typing import Final, NamedTuple

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.services import clones
from voicestudio.words import Message, Trouble

from .attempt import lasted
from .row_cache import filled, gap
from .studio import clock, took, when

register = template.Library()

SENDING: Final = gettext_lazy("Uploading the recording")
SENT: Final = gettext_lazy("Recording uploaded")
TO_BE_CLONED: Final = gettext_lazy("MiniMax clones the voice")
CLONING: Final = gettext_lazy("MiniMax is cloning the voice")
CLONED: Final = gettext_lazy("Voice ready")
SAVING: Final = gettext_lazy("Saving the preview")
TO_BE_SAVED: Final = gettext_lazy("Preview saved")


class Stage(NamedTuple):
    """One step of the way: `state` is "done", "now" or "" (still to come)."""

    label: str | Promise
    state: str
    ms: int | None = None


class StageShape(NamedTuple):
    """How a stage is laid out; `took` and `ms` are gaps."""

    label: str | Promise
    state: str
    took: SafeString
    ms: SafeString


class StagesShape(NamedTuple):
    """How the stages of an attempt are laid out."""

    steps: tuple[StageShape, ...]


class WaitingShape(NamedTuple):
    """How a waiting attempt is laid out: with a note, if it waits for something."""

    note: Message | None


@register.simple_tag
def stages(attempt: CloneAttempt) -> SafeString:
    """`attempts/_stages.html`: the steps, with the time that each has taken."""
    steps, texts = [], {}
    for number, stage in enumerate(stages_of(attempt)):
        ms, time = f"ms_{number}", f"took_{number}"
        steps.append(StageShape(stage.label, stage.state, gap(time), gap(ms)))
        texts[ms] = "" if stage.ms is None else str(stage.ms)
        texts[time] = clock(stage.ms) if stage.state == "now" else took(stage.ms)
    return filled("attempts/_stages.html", "stages", StagesShape(tuple(steps)), texts)


def stages_of(attempt: CloneAttempt) -> list[Stage]:
    """The steps of an attempt that is under way, with the milliseconds that each has taken."""
    there = attempt.uploaded_at or attempt.sent_at
    if attempt.state is AttemptState.SENDING:
        upload = Stage(SENDING, "now", since_ms(attempt.claimed_at))
    else:
        upload = Stage(SENT, "done", lasted(attempt.claimed_at, there))
    clone = Stage(TO_BE_CLONED, "")
    if attempt.state is AttemptState.CLONING:
        clone = Stage(CLONING, "now", since_ms(attempt.sent_at))
    elif attempt.is_ready:
        clone = Stage(CLONED, "done", lasted(attempt.sent_at, attempt.answered_at))
    if not attempt.preview_text:
        return [upload, clone]
    if attempt.audio_is_under_way:
        return [upload, clone, Stage(SAVING, "now", since_ms(attempt.answered_at))]
    return [upload, clone, Stage(TO_BE_SAVED, "")]


def since_ms(moment: datetime | None) -> int:
    """Milliseconds that have passed since `moment`."""
    return lasted(moment, timezone.now()) or 0


@register.simple_tag
def waiting(attempt: CloneAttempt) -> SafeString:
    """`attempts/_waiting.html`: why it waits, and until when.

    `attempt.ahead`, if the view has set it, is how many wait before this one.
    """
    note = clones.message_for(attempt) if attempt.retry_at else None
    texts = {"line": _waits_for(attempt) if note else _starts(getattr(attempt, "ahead", 0))}
    return filled("attempts/_waiting.html", "waiting", WaitingShape(note), texts)


def _waits_for(attempt: CloneAttempt) -> str:
    if attempt.trouble == Trouble.IN_LINE:
        turn = when(attempt.retry_at, "clock")
        return format_html(_("Its turn is at {moment}, by itself."), moment=turn)
    return format_html(_("We try again at {moment}."), moment=when(attempt.retry_at, "minute"))


def _starts(ahead: int) -> str:
    if not ahead:
        return _("Starts by itself, in a moment.")
    return ngettext(
        "Starts by itself; %(ahead)s attempt is before it.",
        "Starts by itself; %(ahead)s attempts are before it.",
        ahead,
    ) % {"ahead": ahead}
