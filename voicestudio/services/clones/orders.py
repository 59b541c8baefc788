"""Orders: what a person wants cloned, and the rules that hold wherever it comes from."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.minimax import limits
from voicestudio.models import AudioFile, CloneAttempt, Purpose
from voicestudio.services.paid_calls.orders import OrderRefused, check_model
from voicestudio.services.voices import speakers, voice_ids
from voicestudio.words import Message


@dataclass(frozen=True)
class Order:
    """What a person wants cloned. `token` belongs to the form: one token, one attempt.

    `speaker_id` is the chosen speaker. Without it the speaker is a new one of this name;
    `is_new_speaker` says so on purpose where the name is known.
    """

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
    # The attempt that this one repeats.
    parent: CloneAttempt | None = None
    speaker_id: int | None = None
    is_new_speaker: bool = False


def find_differences(order: Order, attempt: CloneAttempt) -> list[str]:
    """The columns in which an attempt that the same form has made differs from this order."""
    pairs = {
        "recording": (_identify(order.recording), _identify(attempt.recording)),
        "prompt_clip": (_identify(order.prompt_clip), _identify(attempt.prompt_clip)),
        "speaker": (True, _is_speaker_of(order, attempt)),
        # Stored only where they are sent.
        "model": (order.model if order.preview_text else "", attempt.model),
        "accuracy": (order.accuracy if order.text_validation else None, attempt.accuracy),
        "rehearsal": (order.rehearsal if settings.PRACTICE_MODE else "", attempt.rehearsal),
    }
    pairs |= {name: (getattr(order, name), getattr(attempt, name)) for name in _PLAIN}
    return [name for name, (wanted, stored) in pairs.items() if wanted != stored]


_PLAIN: Final = (
    "voice_id", "prompt_text", "preview_text", "language", "noise_reduction",
    "volume_normalization", "watermark", "text_validation",
)  # fmt: skip


def _is_speaker_of(order: Order, attempt: CloneAttempt) -> bool:
    """Whether the order means the speaker of the attempt, who may have another name by now."""
    if order.speaker_id is not None:
        return speakers.current_id(order.speaker_id) == attempt.speaker_id
    # A speaker that was added on purpose has this attempt as its first one.
    if order.is_new_speaker and attempt.speaker.attempts.filter(pk__lt=attempt.pk).exists():
        return False
    names = {attempt.speaker_name} | speakers.former_names(attempt.speaker_id)
    return " ".join(order.speaker_name.split()) in names


def _identify(recording: AudioFile | None) -> tuple[str, int | None] | None:
    """What stays the same when a browser without JavaScript uploads a file once more."""
    return None if recording is None else (recording.name, recording.bytes)


class PermissionMissing(OrderRefused):
    """The order does not confirm that the speaker has given permission."""

    def __init__(self) -> None:
        super().__init__(
            "permission",
            Message(
                _("No voice is cloned without the person's permission."),
                _("Ask them, then tick the box."),
            ),
        )


class VoiceIdTaken(OrderRefused):
    """The voice ID is in use; `suggestions` are free ones."""

    def __init__(self, suggestions: list[str]) -> None:
        super().__init__("voice_id", words.message_for_code(2039))
        self.suggestions = suggestions


def check_order(order: Order) -> None:
    """Raise `OrderRefused`, or a subclass, unless this order can be accepted."""
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
    _check_quality("recording", order.recording)
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
            "prompt_clip",
            Message(_("This is a recording, not a prompt clip."), _("Choose a prompt clip.")),
        )
    if order.prompt_clip is not None:
        _check_quality("prompt_clip", order.prompt_clip)
    _check_texts(order)
    verdict = voice_ids.check(order.voice_id, order.speaker_name)
    if verdict.state == "taken":
        raise VoiceIdTaken(verdict.suggestions)
    if verdict.state == "invalid":
        raise OrderRefused("voice_id", Message(verdict.message, _("Change it.")))


def _check_quality(field: str, recording: AudioFile) -> None:
    """Refuse what the provider would refuse; a poor recording is the person's choice."""
    if code := recording.refused_because:
        value = next(finding["value"] for finding in recording.findings if finding["code"] == code)
        finding = words.describe_finding(code, value, purpose=recording.purpose)
        raise OrderRefused(field, Message(finding.title, finding.what_to_do))


def _check_texts(order: Order) -> None:
    """The provider's limits. Source: provider.md, "voice_clone"."""
    if len(order.preview_text) > limits.MAX_PREVIEW_CHARACTERS:
        raise OrderRefused(
            "preview_text",
            Message(_("MiniMax speaks at most 1,000 characters."), _("Make the text shorter.")),
        )
    if order.preview_text:
        check_model(order.model)
    if len(order.text_validation) > limits.MAX_VALIDATION_CHARACTERS:
        raise OrderRefused(
            "text_validation",
            Message(_("MiniMax compares at most 200 characters."), _("Make the text shorter.")),
        )
    low, high = limits.ACCURACY_RANGE
    if order.accuracy is not None and not low <= order.accuracy <= high:
        raise OrderRefused(
            "accuracy",
            Message(_("MiniMax takes a number from 0 to 1."), _("Choose another number.")),
        )
