"""Orders: what a voice should say, and the rules that hold wherever the order comes from."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from voicestudio import words
from voicestudio.minimax import limits
from voicestudio.models import Format, Speech, SpeechPurpose, Voice, VoiceState
from voicestudio.services.paid_calls.orders import OrderRefused, check_model
from voicestudio.words import Message


@dataclass(frozen=True)
class SpeechOrder:
    """What a person wants spoken. `token` belongs to the form: one token, one speech."""

    token: UUID
    voice: Voice
    text: str
    model: str
    speed: Decimal = Decimal(1)
    volume: Decimal = Decimal(1)
    pitch: int = 0
    language: str = ""
    format: str = Format.MP3
    purpose: str = SpeechPurpose.SPEAK


def find_differences(order: SpeechOrder, speech: Speech) -> list[str]:
    """The columns in which a speech that the same form has made differs from this order."""
    names = ("text", "model", "speed", "volume", "pitch", "language", "format", "purpose")
    differences = [name for name in names if getattr(order, name) != getattr(speech, name)]
    return differences if order.voice.pk == speech.voice_id else ["voice", *differences]


class VoiceUnavailable(OrderRefused):
    """The voice cannot be used now; `state` is the reason."""

    def __init__(self, state: VoiceState) -> None:
        super().__init__("voice", _UNAVAILABLE.get(state, _UNAVAILABLE[VoiceState.DELETED]))
        self.state = state


_UNAVAILABLE: Final = {
    VoiceState.EXPIRED: Message(
        _("MiniMax has deleted this voice: it was not used for 168 hours."),
        _("Rebuild it from the recording."),
    ),
    VoiceState.DELETED: Message(
        _("MiniMax does not have this voice any more."), _("Rebuild it from the recording.")
    ),
    VoiceState.UNKNOWN: Message(
        _("We do not know yet whether MiniMax made this voice."), _("Find that out first.")
    ),
    VoiceState.KEPT: Message(_("This voice is kept already."), _("There is nothing to be paid.")),
}


def check_order(order: SpeechOrder) -> None:
    """Raise `OrderRefused`, or a subclass, unless this order can be accepted."""
    if not order.text.strip():
        raise OrderRefused(
            "text", Message(_("The text is empty."), _("Type what the voice should say."))
        )
    if len(order.text) > limits.MAX_SPEECH_CHARACTERS:
        raise OrderRefused(
            "text",
            Message(
                ngettext(
                    "MiniMax speaks at most {most} character at once.",
                    "MiniMax speaks at most {most} characters at once.",
                    limits.MAX_SPEECH_CHARACTERS,
                ).format(most=words.group_digits(limits.MAX_SPEECH_CHARACTERS)),
                _("Shorten it."),
            ),
        )
    if any(unicodedata.category(sign) == "Cs" or sign == "\0" for sign in order.text):
        raise OrderRefused("text", words.message_for_code(1042))
    check_model(order.model)
    for field, value, (low, high) in (
        ("speed", order.speed, limits.SPEED_RANGE),
        ("volume", order.volume, limits.VOLUME_RANGE),
        ("pitch", Decimal(order.pitch), limits.PITCH_RANGE),
    ):
        if not (value.is_finite() and low <= value <= high):
            raise OrderRefused(
                field,
                Message(
                    _("MiniMax takes a number from {low} to {high}.").format(low=low, high=high),
                    _("Choose another number."),
                ),
            )
    if order.format not in limits.SPEECH_FORMATS:
        raise OrderRefused(
            "format", Message(_("MiniMax does not make such files."), _("Choose another kind."))
        )
    check_voice(order.voice, order.purpose)


def check_voice(voice: Voice, purpose: str) -> None:
    """Raise `VoiceUnavailable` unless the voice can be used, or kept, at this moment."""
    state = voice.state
    if not voice.can_speak or (purpose == SpeechPurpose.KEEP and not voice.can_be_kept):
        if purpose == SpeechPurpose.KEEP and voice.can_speak:
            state = VoiceState.KEPT
        raise VoiceUnavailable(state)
    if voice.provider != settings.MINIMAX_PROVIDER:
        raise OrderRefused(
            "voice",
            Message(
                _("This voice belongs to another provider than the one that is set now."),
                _("Choose another voice."),
            ),
        )
