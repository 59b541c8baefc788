"""Rebuilding: the same request under a new voice ID, for a voice that MiniMax no longer has."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from voicestudio.models import CloneAttempt, Event, EventKind, Voice
from voicestudio.services import clones
from voicestudio.services.money import prices
from voicestudio.services.money.prices import ClonePrice
from voicestudio.services.voices import voice_ids

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotRebuild(Exception):  # noqa: N818 - an answer, not a mistake
    """`reason`: no_attempt (it was taken in, so we have no recording) or recording_gone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def rebuild_price(attempt: CloneAttempt) -> ClonePrice:
    """What it costs to order this attempt once more."""
    return prices.estimate_clone(attempt.preview_text, _model(attempt))


def rebuild_voice(voice: Voice, *, by: "User", token: UUID | None = None) -> CloneAttempt:
    """Order the same clone again under a new voice ID; the new attempt knows the old one.

    Whoever asks confirms the speaker's permission anew. Raises `CannotRebuild`, or
    `clones.OrderRefused`.
    """
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    if attempt is None:
        raise CannotRebuild("no_attempt")
    used = [attempt.recording, *([attempt.prompt_clip] if attempt.prompt_clip else [])]
    if any(recording.deleted_at for recording in used):
        raise CannotRebuild("recording_gone")
    order = clones.Order(
        token=token or uuid4(),
        speaker_name=attempt.speaker_name,
        voice_id=voice_ids.suggest(attempt.speaker_name)[0],
        permission=True,
        recording=attempt.recording,
        prompt_clip=attempt.prompt_clip,
        prompt_text=attempt.prompt_text,
        preview_text=attempt.preview_text,
        model=_model(attempt),
        language=attempt.language,
        noise_reduction=attempt.noise_reduction,
        volume_normalization=attempt.volume_normalization,
        watermark=attempt.watermark,
        text_validation=attempt.text_validation,
        accuracy=attempt.accuracy,
        parent=attempt,
    )
    with transaction.atomic():
        made = clones.submit(order, by=by)
        told = Event.objects.filter(kind=EventKind.REBUILT, attempt=made)
        if not told.exists():
            Event.objects.create(kind=EventKind.REBUILT, voice=voice, person=by, attempt=made)
    return made


def _model(attempt: CloneAttempt) -> str:
    """The same model, or the first one where it is no longer offered."""
    offered = attempt.model in settings.MINIMAX_MODELS or not attempt.preview_text
    return attempt.model if offered else str(settings.MINIMAX_MODELS[0])
