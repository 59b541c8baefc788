"""Template tags of a voice: time left, events, generated speech, and its deletion."""

from datetime import timedelta
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio import words
from voicestudio.models import EventKind, Speech, Voice, VoiceState
from voicestudio.services import speeches
from voicestudio.words import Message
from voicestudio.words.voices import ITEM_STATES, ITEMS, OCCURRENCES, ONLY_HERE, ItemState

register = template.Library()

TONES: Final = {
    VoiceState.TEMPORARY: "warn",
    VoiceState.KEPT: "good",
    VoiceState.EXPIRED: "bad",
    VoiceState.DELETED: "deleted",
    VoiceState.UNKNOWN: "unknown",
    VoiceState.FROM_MINIMAX: "good",
}
ITEM_TONES: Final = {
    ItemState.DONE: "good",
    ItemState.ALREADY_GONE: "good",
    ItemState.FAILED: "bad",
    ItemState.KEPT: "warn",
}
EVENTS: Final[dict[str, str | Promise]] = {**dict(EventKind.choices), **OCCURRENCES}
SPEECH_POLL_INTERVAL: Final = 400  # ms


@register.filter
def tone(state: VoiceState) -> str:
    """The colour of a voice's state, as the stylesheet names it."""
    return TONES[state]


@register.filter
def time_left(time: timedelta | None) -> str:
    """A time span: "6 days 23 hours", "1 hour 5 minutes", "less than a minute"."""
    if time is None:
        return ""
    minutes = int(time.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        (days, ngettext("%(count)s day", "%(count)s days", days)),
        (hours, ngettext("%(count)s hour", "%(count)s hours", hours)),
        (rest, ngettext("%(count)s minute", "%(count)s minutes", rest)),
    ]
    first = next((place for place, (count, _words) in enumerate(parts) if count), None)
    if first is None:
        return _("less than a minute")
    return " ".join(text % {"count": count} for count, text in parts[first : first + 2] if count)


@register.filter
def event_label(kind: str) -> str | Promise:
    """An event of a voice's timeline, in words."""
    return EVENTS.get(kind, kind)


@register.filter
def only_here_reason(reason: str) -> str | Promise:
    """Why MiniMax does not list a voice."""
    return ONLY_HERE[reason]


@register.filter
def missing_reason(voice: Voice) -> str | Promise:
    """What MiniMax answered about a voice that it no longer knows."""
    return words.message_for_code(voice.missing_code).headline


@register.filter
def speech_message(speech: Speech) -> Message | None:
    """The message about a speech; None if all is well."""
    return speeches.message_for(speech)


@register.filter
def speech_audio_message(speech: Speech) -> Message | None:
    """Why a generated speech has no audio; None if it has."""
    problem = speech.audio_problem
    return words.message_for_audio_trouble(problem, speech=True) if problem else None


@register.filter
def speech_poll_interval(speech: Speech) -> int:
    """Milliseconds until the page polls again."""
    return SPEECH_POLL_INTERVAL if speech.retry_at is None else 4 * SPEECH_POLL_INTERVAL


@register.filter
def attempt_of(voice: Voice) -> object:
    """The attempt that cloned a voice; None for an imported one."""
    return getattr(voice, "attempt", None)


@register.filter
def item_name(kind: str) -> str | Promise:
    """An item of a deletion."""
    return ITEMS[kind]


@register.filter
def item_result(state: ItemState) -> str | Promise:
    """The result of an item, in words."""
    return ITEM_STATES[state]


@register.filter
def item_tone(state: ItemState) -> str:
    """The colour of a result, as the stylesheet names it."""
    return ITEM_TONES[state]
