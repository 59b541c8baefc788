"""Template tags of an attempt: its badge, its stages, what happened, and what to do next."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django import template
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.forms.clone_fields import REHEARSALS
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.services import clones
from voicestudio.services.voices import voice_ids
from voicestudio.words import Message, NextStep

from .studio import icon

register = template.Library()

BADGE_ICONS: Final = {
    AttemptState.WAITING: "clock",
    AttemptState.SENDING: "busy",
    AttemptState.CLONING: "busy",
    AttemptState.READY: "check",
    AttemptState.FLAGGED: "flag",
    AttemptState.STOPPED: "stop",
    AttemptState.FAILED: "cross",
    AttemptState.UNKNOWN: "question",
    AttemptState.INTERRUPTED: "broken",
}
# How a page looks again: up to this age (seconds) after so many milliseconds.
PACE: Final = ((1, 40), (2, 100), (15, 300), (60, 1000))
SLOWEST: Final = 3000
OFFERS: Final = {
    NextStep.CHANGE_VOICE_ID: _("Choose another voice ID"),
    NextStep.CHANGE_TEXT: _("Change the text"),
    # The form shows what was found in the recording, and has a button that cuts it.
    NextStep.CHECK_RECORDING: _("Check the recording"),
    NextStep.TRIM: _("Trim the recording"),
    NextStep.TRIM_CLIP: _("Trim the clip"),
    NextStep.OTHER_RECORDING: _("Choose another recording"),
    NextStep.TRY_AGAIN: _("Try again"),
    NextStep.FIND_OUT: _("Clone under another voice ID"),
}


FREE_IDS: Final = 3


@dataclass(frozen=True)
class WayOn:
    """What can be done next, as the address and the words of a link."""

    url: str
    label: str | Promise


@register.simple_tag
def badge_icon(state: AttemptState) -> SafeString:
    """The drawing of a state; its word stands beside it."""
    return icon(BADGE_ICONS[state])


@register.filter
def keeps_changing(attempt: CloneAttempt) -> bool:
    """Whether to look again: somebody is at it, or a worker may take it up by itself."""
    return (
        attempt.is_running
        or attempt.is_being_reconciled
        or attempt.state is AttemptState.INTERRUPTED
    )


@register.filter
def pace(attempt: CloneAttempt) -> int:
    """Milliseconds until the page looks again: often at first, then more and more slowly."""
    if attempt.state is AttemptState.INTERRUPTED:
        return SLOWEST
    now = timezone.now()
    if attempt.retry_at is not None and attempt.retry_at > now + timedelta(seconds=5):
        return SLOWEST
    age = (now - max(attempt.created_at, attempt.enqueued_at)).total_seconds()
    return next((delay for limit, delay in PACE if age < limit), SLOWEST)


@register.filter
def said(attempt: CloneAttempt) -> Message | None:
    """What there is to tell about this attempt, in words; None if all is well."""
    return clones.message_for(attempt)


@register.filter
def message_for_audio(attempt: CloneAttempt) -> Message | None:
    """Why there is nothing to hear; None if there is, or if nothing was asked for."""
    return words.message_for_audio_trouble(attempt.audio_problem) if attempt.audio_problem else None


@register.filter
def category(attempt: CloneAttempt) -> str | Promise:
    """MiniMax's moderation category, in words."""
    return words.describe_moderation_category(attempt.input_sensitive_type)


@register.filter
def way_on(attempt: CloneAttempt) -> WayOn | None:
    """The next step that is a link: the form, filled in, with words that say what to change."""
    message = clones.message_for(attempt)
    for offer in message.actions if message else ():
        if offer in OFFERS:
            return WayOn(f"{reverse('new')}?from={attempt.pk}", OFFERS[offer])
    return None


@register.filter
def free_voice_ids(attempt: CloneAttempt) -> list[WayOn]:
    """Where the voice ID is taken: three that are free, each leading to the form with it."""
    message = clones.message_for(attempt)
    if message is None or NextStep.CHANGE_VOICE_ID not in message.actions:
        return []
    like = f"{reverse('new')}?from={attempt.pk}&voice_id="
    return [WayOn(like + free, free) for free in voice_ids.suggest(attempt.speaker_name, FREE_IDS)]


def lasted(start: datetime | None, end: datetime | None) -> int | None:
    """Milliseconds between two moments, if both are known."""
    if start is None or end is None:
        return None
    return max(0, round((end - start) / timedelta(milliseconds=1)))


@register.filter
def story(attempt: CloneAttempt) -> list[tuple[datetime, str | Promise, int | None]]:
    """What happened: moment, words, and how long it took in milliseconds where that is known."""
    names = {"person": attempt.created_by.get_username()}
    events: list[tuple[datetime | None, str | Promise, int | None]] = [
        (attempt.created_at, str(_("Asked by %(person)s")) % names, None),
        (
            attempt.claimed_at,
            _("Work began") if attempt.attempts_made <= 1 else _("Work began anew"),
            lasted(attempt.created_at, attempt.claimed_at) if attempt.attempts_made <= 1 else None,
        ),
        (
            attempt.uploaded_at,
            _("Recording sent"),
            lasted(attempt.claimed_at, attempt.uploaded_at) if attempt.attempts_made <= 1 else None,
        ),
        (attempt.sent_at, _("MiniMax asked to clone"), None),
        (
            attempt.answered_at,
            _("MiniMax answered"),
            lasted(attempt.sent_at, attempt.answered_at) if attempt.attempts_made <= 1 else None,
        ),
        (
            attempt.audio_saved_at,
            _("Demo saved"),
            lasted(attempt.answered_at, attempt.audio_saved_at),
        ),
    ]
    if not attempt.is_ready and (ended := attempt.finished_at) is not None:
        # What the answer meant is told after the answer.
        events.append((max(ended, attempt.answered_at or ended), attempt.state.label, None))
    return sorted(
        ((moment, text, ms) for moment, text, ms in events if moment is not None),
        key=lambda event: event[0],
    )


@register.filter
def model_name(model: str) -> str:
    """A model as staff say it: speech-2.8-hd is 2.8 hd."""
    return model.removeprefix("speech-").replace("-", " ")


@register.filter
def rehearsed(outcome: str) -> str | Promise:
    """A rehearsed outcome under the name by which it was chosen."""
    return dict(REHEARSALS).get(outcome, outcome)


@register.filter
def raw_answer(attempt: CloneAttempt) -> str:
    """What the provider answered, word for word, laid out to be read."""
    if attempt.answer is not None:
        return json.dumps(attempt.answer, indent=2, ensure_ascii=False)
    return attempt.answer_text


@register.filter
def for_support(attempt: CloneAttempt) -> str:
    """Everything that a supporter asks for, as plain text to copy."""
    lines = [
        f"Attempt {attempt.pk}, {attempt.state.value}",
        f"Asked: {attempt.created_at:%Y-%m-%d %H:%M:%S} UTC by {attempt.created_by.get_username()}",
        f"Voice ID: {attempt.voice_id}",
        f"Status code: {'none' if attempt.status_code is None else attempt.status_code}",
        f"Provider message: {truncatechars(attempt.status_msg, 500) or 'none'}",
        f"Trace id: {attempt.trace_id or 'none'}",
        f"HTTP status: {attempt.http_status or 'none'}",
    ]
    if attempt.trouble:
        lines.append(f"Trouble: {attempt.trouble}")
    if attempt.audio_problem:
        lines.append(f"Demo: {attempt.audio_problem}")
    if attempt.calls:
        lines.append("Calls:")
    for call in attempt.calls:
        facts = (call.get("http_status"), call.get("status_code"), call.get("trace_id"))
        http, code, trace = ("-" if fact in (None, "") else fact for fact in facts)
        trouble = f", {call['trouble']}" if call.get("trouble") else ""
        lines.append(
            f"  {call.get('at', '')} {call.get('call', '')}, {call.get('ms', '?')} ms, "
            f"HTTP {http}, code {code}, trace {trace}{trouble}"
        )
    return "\n".join(lines)
