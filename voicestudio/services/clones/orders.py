"""Orders: what a person asks for, and the rules that hold wherever it comes from."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.minimax import limits
from voicestudio.models import AudioFile, CloneAttempt, Purpose
from voicestudio.services.voices import voice_ids
from voicestudio.words import Message


@dataclass(frozen=True)
class Order:
    """What a person asks for. `token` is the form's own: one token, one attempt."""

    token: UUID
    speaker_name: str
    voice_id: str
    permission: bool
    recording: AudioFile
    prompt_clip: AudioFile | None = None
    prompt_text: str = ""
    preview_text: str = ""
    model: str = ""
    language: str = ""
    noise_reduction: bool = False
    volume_normalization: bool = False
    watermark: bool = False
    text_validation: str = ""
    accuracy: Decimal | None = None
    rehearsal: str = ""
    # The attempt from which this one is made anew.
    parent: CloneAttempt | None = None


class OrderRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """An order that is not taken; `field` names the part, `message` the reason for people."""

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(f"order refused because of {field}")
        self.field = field
        self.message = message


class PermissionMissing(OrderRefused):
    """Nobody has confirmed that the speaker agrees."""

    def __init__(self) -> None:
        super().__init__(
            "permission",
            Message(
                _("No voice is cloned without the person's permission."),
                _("Ask them, then tick the box."),
            ),
        )


class VoiceIdTaken(OrderRefused):
    """The voice ID is one of ours already; `suggestions` are free."""

    def __init__(self, suggestions: list[str]) -> None:
        super().__init__("voice_id", words.message_for_code(2039))
        self.suggestions = suggestions


class OverLimit(OrderRefused):
    """The month's limit leaves too little for this."""

    def __init__(self) -> None:
        # No part of the order is wrong: the whole of it costs too much.
        super().__init__(
            "",
            Message(
                _("This month's limit for paid calls is reached."),
                _("An administrator can raise it."),
            ),
        )


def check(order: Order) -> None:
    """Raise the fitting `OrderRefused` unless this order can be taken."""
    if not order.permission:
        raise PermissionMissing
    if not order.speaker_name.strip():
        raise OrderRefused(
            "speaker", Message(_("The speaker's name is missing."), _("Type it in."))
        )
    if order.recording.purpose != Purpose.SAMPLE:
        raise OrderRefused(
            "recording", Message(_("This is a prompt clip."), _("Choose a recording."))
        )
    if order.recording.needs_cutting:
        raise OrderRefused(
            "recording",
            Message(
                _("This recording is too long."),
                _("MiniMax accepts up to 5 minutes. Cut out the best one to two minutes first."),
            ),
        )
    _check_fitness("recording", order.recording)
    if (order.prompt_clip is None) != (not order.prompt_text):
        raise OrderRefused(
            "prompt_text",
            Message(
                _("MiniMax takes a prompt clip only together with its exact words."),
                _("Give both, or neither."),
            ),
        )
    if order.prompt_clip is not None and order.prompt_clip.purpose != Purpose.PROMPT:
        raise OrderRefused(
            "prompt_clip", Message(_("This is no prompt clip."), _("Choose another one."))
        )
    if order.prompt_clip is not None:
        _check_fitness("prompt_clip", order.prompt_clip)
    _check_texts(order)
    verdict = voice_ids.check(order.voice_id, order.speaker_name)
    if verdict.state == "taken":
        raise VoiceIdTaken(verdict.suggestions)
    if verdict.state == "invalid":
        raise OrderRefused("voice_id", Message(verdict.message, _("Change it.")))


def _check_fitness(field: str, recording: AudioFile) -> None:
    """What the provider would refuse is not sent; a poor recording is the person's choice."""
    if code := recording.refused_because:
        value = next(one["value"] for one in recording.findings if one["code"] == code)
        said = words.describe_finding(code, value, purpose=recording.purpose)
        raise OrderRefused(field, Message(said.what, said.what_to_do))


def _check_texts(order: Order) -> None:
    """The provider's limits. Source: provider.md, "voice_clone"."""
    if len(order.preview_text) > limits.MAX_PREVIEW_CHARACTERS:
        raise OrderRefused(
            "preview_text",
            Message(_("MiniMax speaks at most 1,000 characters."), _("Make the text shorter.")),
        )
    if order.preview_text and order.model not in settings.MINIMAX_MODELS:
        raise OrderRefused(
            "model", Message(_("This studio does not know that model."), _("Choose another one."))
        )
    if len(order.text_validation) > limits.MAX_VALIDATION_CHARACTERS:
        raise OrderRefused(
            "text_validation",
            Message(_("MiniMax compares at most 200 characters."), _("Make the text shorter.")),
        )
    if order.accuracy is not None and not 0 <= order.accuracy <= 1:
        raise OrderRefused(
            "accuracy", Message(_("MiniMax takes a number from 0 to 1."), _("Choose another one."))
        )
