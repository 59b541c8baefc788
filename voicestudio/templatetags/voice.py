"""Template tags of a voice: its badge, the time it has left, what happened to it, what it says."""

from datetime import timedelta
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from voicestudio import words
from voicestudio.models import EventKind, Speech, SpeechState, Voice, VoiceState
from voicestudio.services import speeches
from voicestudio.words import Message

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
# What the clock and the ledger add to the events that people cause.
HAPPENED: Final[dict[str, str | Promise]] = {
    **dict(EventKind.choices),
    "expired": gettext_lazy("Expired: it was not used for 168 hours"),
    "replaced": gettext_lazy("Gone: its voice ID was given to another voice"),
}
PACE: Final = 400


@register.simple_tag
def voice_icon(state: VoiceState) -> SafeString:
    """The drawing of a voice's state; its word stands beside it."""
    return icon(ICONS[state])


@register.simple_tag
def speech_icon(state: SpeechState) -> SafeString:
    """The drawing of a speech's state; its word stands beside it."""
    return icon(SPEECH_ICONS[state])


@register.filter
def tone(state: VoiceState) -> str:
    """The colour of a voice's state, by the name that the stylesheet knows."""
    return TONES[state]


@register.filter
def left(time: timedelta | None) -> str:
    """A time as one says it: "6 days 23 hours", "1 hour 5 minutes", "less than a minute"."""
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
def happened(what: str) -> str | Promise:
    """A line of a voice's story, in words."""
    return HAPPENED.get(what, what)


@register.filter
def why_gone(voice: Voice) -> str | Promise:
    """What the provider said of a voice that it no longer knows, in words."""
    return words.message_for_code(voice.missing_code).headline


@register.filter
def said_by(speech: Speech) -> Message | None:
    """What there is to tell about a speech; None if all is well."""
    return speeches.message_for(speech)


@register.filter
def said_of_audio(speech: Speech) -> Message | None:
    """Why there is nothing to hear of a speech that was spoken."""
    return words.message_for_audio_trouble(speech.audio_problem) if speech.audio_problem else None


@register.filter
def speech_pace(speech: Speech) -> int:
    """Milliseconds until the page looks again."""
    return PACE if speech.retry_at is None else 4 * PACE


@register.filter
def attempt_of(voice: Voice) -> object:
    """The attempt that made a voice; None for one that was taken in."""
    return getattr(voice, "attempt", None)
