"""Template tags of a running attempt: its stages, and why it waits."""

from datetime import datetime
from typing import NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.models import clock as shared_clock
from voicestudio.services import clones
from voicestudio.words import Trouble
from voicestudio.words import attempts as words

from .attempt import duration_ms
from .row_cache import placeholder, render_row
from .studio import clock, duration, when

register = template.Library()


type Step = tuple[str, str, int | None]  # a key of `words.STAGES`, and milliseconds


class Stage(NamedTuple):
    """One stage as `attempts/_stages.html` shows it; `state` is "done", "now" or "" (to come)."""

    label: str | Promise
    state: str
    duration: SafeString
    ms: SafeString


@register.simple_tag
def stages(attempt: CloneAttempt) -> SafeString:
    """`attempts/_stages.html`: the stages with the time that each has taken."""
    steps, texts = [], {}
    for number, (name, state, ms) in enumerate(list_stages(attempt)):
        ms_name, duration_name = f"ms_{number}", f"duration_{number}"
        label = words.STAGES[name, state]
        steps.append(Stage(label, state, placeholder(duration_name), placeholder(ms_name)))
        texts[ms_name] = "" if ms is None else str(ms)
        texts[duration_name] = clock(ms) if state == "now" else duration(ms)
    return render_row("attempts/_stages.html", "stages", {"steps": tuple(steps)}, texts)


def list_stages(attempt: CloneAttempt) -> list[Step]:
    """The name, state and duration (ms) of each stage of a running attempt."""
    if attempt.state is AttemptState.SENDING:
        upload: Step = ("upload", "now", elapsed_ms(attempt.claimed_at))
    else:
        uploaded_at = attempt.uploaded_at or attempt.sent_at
        upload = ("upload", "done", duration_ms(attempt.claimed_at, uploaded_at))
    clone: Step = ("clone", "", None)
    if attempt.state is AttemptState.CLONING:
        clone = ("clone", "now", elapsed_ms(attempt.sent_at))
    elif attempt.is_ready:
        clone = ("clone", "done", duration_ms(attempt.sent_at, attempt.answered_at))
    if not attempt.preview_text:
        return [upload, clone]
    if attempt.audio_is_under_way:
        return [upload, clone, ("preview", "now", elapsed_ms(attempt.answered_at))]
    return [upload, clone, ("preview", "", None)]


def elapsed_ms(moment: datetime | None) -> int:
    """Milliseconds since `moment`."""
    return duration_ms(moment, shared_clock.now()) or 0


@register.simple_tag
def waiting(attempt: CloneAttempt) -> SafeString:
    """`attempts/_waiting.html`: why an attempt waits, and until when.

    `attempt.ahead`, if the view has set it, is how many attempts wait before this one.
    """
    ahead = getattr(attempt, "ahead", 0)
    message = clones.message_for(attempt)
    if message is None or (ahead and attempt.retry_at is None):
        message, line = None, words.describe_queue(ahead)
    elif attempt.retry_at is None:
        line = str(message.next_step)
    elif attempt.trouble == Trouble.IN_LINE:
        line = format_html(str(words.STARTS_AT), moment=when(attempt.retry_at, "clock"))
    else:
        line = format_html(str(words.RETRIES_AT), moment=when(attempt.retry_at, "minute"))
    return render_row("attempts/_waiting.html", "waiting", {"message": message}, {"line": line})
