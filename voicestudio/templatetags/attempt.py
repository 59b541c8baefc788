"""Template tags of an attempt: polling, timeline, links to the form, details for support."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django import template
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from voicestudio import words
from voicestudio.forms import languages
from voicestudio.forms.clone_fields import REHEARSALS
from voicestudio.models import AttemptState, CloneAttempt, clock, display_name
from voicestudio.services import clones
from voicestudio.services.voices import voice_ids
from voicestudio.words import Message, NextStep
from voicestudio.words.attempts import TIMELINE
from voicestudio.words.items import join_items, label_value

register = template.Library()

# Up to this age in seconds, a page polls after so many milliseconds.
POLL_INTERVALS: Final = ((1, 40), (2, 100), (15, 300), (60, 1000))
LONGEST_INTERVAL: Final = 3000
AVAILABLE_IDS: Final = 3


@dataclass(frozen=True)
class Link:
    """An address and the text of its link."""

    url: str
    label: str | Promise


@register.filter
def is_changing(attempt: CloneAttempt) -> bool:
    """Whether to poll: it runs, or a worker may resume it."""
    return attempt.is_running or attempt.state is AttemptState.INTERRUPTED


@register.filter
def poll_interval(attempt: CloneAttempt) -> int:
    """Milliseconds until the page polls again: short at first, then longer."""
    if attempt.state is AttemptState.INTERRUPTED:
        return LONGEST_INTERVAL
    now = clock.now()
    if attempt.retry_at is not None and attempt.retry_at > now + timedelta(seconds=5):
        return LONGEST_INTERVAL
    age = (now - max(attempt.created_at, attempt.enqueued_at)).total_seconds()
    return next((ms for limit, ms in POLL_INTERVALS if age < limit), LONGEST_INTERVAL)


@register.filter
def attempt_message(attempt: CloneAttempt) -> Message | None:
    """The message about this attempt; None if all is well."""
    return clones.message_for(attempt)


@register.filter
def audio_message(attempt: CloneAttempt) -> Message | None:
    """Why there is no preview; None if there is one, or if none was requested."""
    return words.message_for_audio_trouble(attempt.audio_problem) if attempt.audio_problem else None


@register.filter
def moderation_category(attempt: CloneAttempt) -> str | Promise:
    """MiniMax's moderation category in words."""
    return words.describe_moderation_category(attempt.input_sensitive_type)


@register.filter
def form_link(attempt: CloneAttempt) -> Link | None:
    """The next step that leads to the clone form, filled in with this attempt."""
    message = clones.message_for(attempt)
    if message is None or message.link is None:
        return None
    return Link(f"{reverse('new')}?from={attempt.pk}", message.link.label)


@register.filter
def available_voice_ids(attempt: CloneAttempt) -> list[Link]:
    """If the voice ID is taken: links to the form with each of three available ones."""
    message = clones.message_for(attempt)
    if message is None or message.link is not NextStep.CHANGE_VOICE_ID:
        return []
    url = f"{reverse('new')}?from={attempt.pk}&voice_id="
    suggestions = voice_ids.suggest(attempt.speaker_name, AVAILABLE_IDS)
    return [Link(url + voice_id, voice_id) for voice_id in suggestions]


def duration_ms(start: datetime | None, end: datetime | None) -> int | None:
    """Milliseconds between two moments; None unless both are known."""
    if start is None or end is None:
        return None
    return max(0, round((end - start) / timedelta(milliseconds=1)))


@register.filter
def timeline(attempt: CloneAttempt) -> list[tuple[datetime, str | Promise, int | None]]:
    """The moment, label and duration (ms, if known) of each event, in order.

    Of a repeated attempt the earlier moments are overwritten, so its durations are left out. An
    attempt that waits after its upload starts again, so the upload may lie before the start.
    """
    first = attempt.attempts_made <= 1
    requested = str(TIMELINE["requested"]) % {"person": display_name(attempt.created_by)}
    rows: list[tuple[datetime | None, str | Promise, datetime | None]] = [
        (attempt.created_at, requested, None),
        (
            attempt.claimed_at,
            TIMELINE["started" if first else "restarted"],
            attempt.created_at if first else None,
        ),
        (attempt.uploaded_at, TIMELINE["uploaded"], attempt.claimed_at if first else None),
        (attempt.sent_at, TIMELINE["sent"], None),
        (attempt.answered_at, TIMELINE["answered"], attempt.sent_at if first else None),
        (attempt.audio_saved_at, TIMELINE["saved"], attempt.answered_at),
    ]
    if not attempt.is_ready and (ended := attempt.finished_at) is not None:
        # The outcome follows the answer that decided it.
        rows.append((max(ended, attempt.answered_at or ended), attempt.state.label, None))
    events = [
        (at, label, duration_ms(since, at) if since is None or since <= at else None)
        for at, label, since in rows
        if at is not None
    ]
    return sorted(events, key=lambda event: event[0])


@register.filter
def model_name(model: str) -> str:
    """The short name of a model: speech-2.8-hd is 2.8 hd."""
    return model.removeprefix("speech-").replace("-", " ")


@register.filter
def language_name(language: str) -> str | Promise:
    """A language as the form names it."""
    return languages.NAMES.get(language, language)


@register.filter
def rehearsal_label(outcome: str) -> str | Promise:
    """A rehearsed outcome as the form named it."""
    return dict(REHEARSALS).get(outcome, outcome)


@register.filter
def raw_response(attempt: CloneAttempt) -> str:
    """MiniMax's response, word for word, indented."""
    if attempt.answer is not None:
        return json.dumps(attempt.answer, indent=2, ensure_ascii=False)
    return attempt.answer_text


@register.filter
def support_details(attempt: CloneAttempt) -> str:
    """Everything that support asks for, as plain text to copy."""
    facts: list[tuple[str, object]] = [
        (_("Clone attempt"), attempt.pk),
        (_("State"), attempt.state.value),
        (_("Requested"), f"{attempt.created_at:%Y-%m-%d %H:%M:%S} UTC"),
        (_("Person"), attempt.created_by.get_username()),
        (_("Voice ID"), attempt.voice_id),
        *_provider_facts(attempt.http_status, attempt.status_code, attempt.trace_id),
        (_("MiniMax's message"), truncatechars(attempt.status_msg, 500) or "–"),
    ]
    if attempt.trouble:
        facts.append((_("Problem"), attempt.trouble))
    if attempt.audio_problem:
        facts.append((_("Problem with the preview"), attempt.audio_problem))
    lines = [label_value(*fact) for fact in facts]
    for call in attempt.calls:
        status = (call.get("http_status"), call.get("status_code"), call.get("trace_id"))
        described = [f"{call.get('call', '')} {call.get('at', '')}", f"{call.get('ms', '?')} ms"]
        described += [label_value(*fact) for fact in _provider_facts(*status)]
        described += [str(call["trouble"])] if call.get("trouble") else []
        lines.append(join_items(described))
    return "\n".join(lines)


def _provider_facts(http: object, code: object, trace: object) -> list[tuple[str, object]]:
    facts = ((_("HTTP status"), http), (_("Status code"), code), (_("Trace ID"), trace))
    return [(label, "–" if fact in {None, ""} else fact) for label, fact in facts]


@register.filter
def sound_options(attempt: CloneAttempt) -> str:
    """The sound options that were sent."""
    options = {
        _("reduce noise"): attempt.noise_reduction,
        _("even out volume"): attempt.volume_normalization,
        _("watermark the preview"): attempt.watermark,
    }
    chosen = [name for name, is_on in options.items() if is_on]
    return join_items(chosen) or pgettext("sound options", "none")
