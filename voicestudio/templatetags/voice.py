"""Template tags of a voice: badge, time left, events, and its generated speech."""

from datetime import timedelta
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio import words
from voicestudio.models import EventKind, Speech, SpeechState, Voice, VoiceState
from voicestudio.services import speeches
from voicestudio.words import Message
from voicestudio.words.voices import OCCURRENCES, ONLY_HERE

from .studio import icon

register = template.Library()

ICONS: Final = {
    VoiceState.TEMPORARY: "clock",
    VoiceState.KEPT: "check",
    VoiceState.EXPIRED: "stop",
    VoiceState.DELETED: "trash",
    VoiceState.UNKNOWN: "question",
    VoiceState.FROM_MINIMAX: "download",
}
TONES: Final = {
    VoiceState.TEMPORARY: "warn",
    VoiceState.KEPT: "good",
    VoiceState.EXPIRED: "bad",
    VoiceState.DELETED: "deleted",
    VoiceState.UNKNOWN: "unknown",
    VoiceState.FROM_MINIMAX: "good",
}
SPEECH_ICONS: Final = {
    SpeechState.WAITING: "clock",
    SpeechState.SENDING: "busy",
    SpeechState.SPEAKING: "busy",
    SpeechState.READY: "check",
    SpeechState.STOPPED: "stop",
    SpeechState.FAILED: "cross",
    SpeechState.UNKNOWN: "question",
    SpeechState.INTERRUPTED: "broken",
}
EVENTS: Final[dict[str, str | Promise]] = {**dict(EventKind.choices), **OCCURRENCES}
SPEECH_POLL_INTERVAL: Final = 400  # ms


@register.simple_tag
def voice_icon(state: VoiceState) -> SafeString:
    """The icon of a voice's state."""
    return icon(ICONS[state])


@register.simple_tag
def speech_icon(state: SpeechState) -> SafeString:
    """The icon of a speech's state."""
    return icon(SPEECH_ICONS[state])


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
    return words.message_for_audio_trouble(speech.audio_problem) if speech.audio_problem else None


@register.filter
def speech_poll_interval(speech: Speech) -> int:
    """Milliseconds until the page polls again."""
    return SPEECH_POLL_INTERVAL if speech.retry_at is None else 4 * SPEECH_POLL_INTERVAL


@register.filter
def attempt_of(voice: Voice) -> object:
    """The attempt that cloned a voice; None for an imported one."""
    return getattr(voice, "attempt", None)
