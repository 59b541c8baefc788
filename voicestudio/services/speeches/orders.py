"""Orders: what a person asks a voice to say, checked wherever it comes from."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.minimax import limits
from voicestudio.models import Format, SpeechPurpose, Voice, VoiceState
from voicestudio.words import Message


@dataclass(frozen=True)
class SpeechOrder:
    """What a person asks for. `token` is the form's own: one token, one speech."""

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


class SpeechRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """An order that is not taken; `field` names the part, `message` the reason for people."""

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(f"speech refused because of {field}")
        self.field = field
        self.message = message


class VoiceSilent(SpeechRefused):
    """The voice cannot speak now; `state` tells why."""

    def __init__(self, state: VoiceState) -> None:
        super().__init__("voice", _SILENT.get(state, _SILENT[VoiceState.DELETED]))
        self.state = state


class SpeechTooDear(SpeechRefused):
    """The month's limit leaves too little for this."""

    def __init__(self) -> None:
        super().__init__(
            "text",
            Message(
                _("This month's limit for paid calls is reached."),
                _("An administrator can raise it."),
            ),
        )


_SILENT: Final = {
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


def check(order: SpeechOrder) -> None:
    """Raise the fitting `SpeechRefused` unless this order can be taken, by the voice's row now."""
    if not order.text.strip():
        raise SpeechRefused("text", Message(_("There is nothing to say."), _("Type a text.")))
    if len(order.text) > limits.MAX_SPEECH_CHARACTERS:
        raise SpeechRefused(
            "text",
            Message(_("MiniMax speaks less than 10,000 characters at once."), _("Shorten it.")),
        )
    if any(unicodedata.category(sign) == "Cs" or sign == "\0" for sign in order.text):
        raise SpeechRefused("text", words.message_for_code(1042))
    if order.model not in settings.MINIMAX_MODELS:
        raise SpeechRefused(
            "model", Message(_("This studio does not know that model."), _("Choose another one."))
        )
    for field, value, (low, high) in (
        ("speed", order.speed, limits.SPEED_RANGE),
        ("volume", order.volume, limits.VOLUME_RANGE),
        ("pitch", Decimal(order.pitch), limits.PITCH_RANGE),
    ):
        if not (value.is_finite() and low <= value <= high):
            raise SpeechRefused(
                field,
                Message(
                    _("MiniMax takes a number from {low} to {high}.").format(low=low, high=high),
                    _("Choose another one."),
                ),
            )
    if order.format not in limits.SPEECH_FORMATS:
        raise SpeechRefused(
            "format", Message(_("MiniMax does not make such files."), _("Choose another kind."))
        )
    check_voice(order.voice, order.purpose)


def check_voice(voice: Voice, purpose: str) -> None:
    """Raise `VoiceSilent` unless it can speak, or be kept, at this moment."""
    state = voice.state
    if not voice.can_speak or (purpose == SpeechPurpose.KEEP and not voice.can_be_kept):
        if purpose == SpeechPurpose.KEEP and voice.can_speak:
            state = VoiceState.KEPT
        raise VoiceSilent(state)
    if voice.provider != settings.MINIMAX_PROVIDER:
        raise SpeechRefused(
            "voice",
            Message(
                _("This voice belongs to another provider than the one that is set now."),
                _("Choose another voice."),
            ),
        )
