"""Rebuild: the same clone under a new voice ID, for a voice that MiniMax no longer has."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from voicestudio.models import Action, CloneAttempt, Event, EventKind, Verb, Voice
from voicestudio.services.audit import record
from voicestudio.services.money import prices
from voicestudio.services.money.prices import ClonePrice
from voicestudio.services.permissions import require
from voicestudio.services.voices import voice_ids

from .orders import Order
from .submission import submit

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotRebuild(Exception):  # noqa: N818 - an answer, not a mistake
    """`reason` is no_attempt (it was imported, so we have no recording) or recording_gone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def estimate_rebuild(attempt: CloneAttempt) -> ClonePrice:
    """What it costs to clone this voice again."""
    return prices.estimate_clone(attempt.preview_text, _model(attempt))


def rebuild_voice(voice: Voice, *, by: "User", token: UUID | None = None) -> CloneAttempt:
    """Submit the same clone under a new voice ID; the old attempt is its parent.

    `by` confirms the speaker's permission again. Raises `CannotRebuild`, or
    `OrderRefused`.
    """
    require(by, Action.CLONE, voice.project_id)
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    if attempt is None:
        raise CannotRebuild("no_attempt")
    used = [attempt.recording, *([attempt.prompt_clip] if attempt.prompt_clip else [])]
    if any(recording.deleted_at for recording in used):
        raise CannotRebuild("recording_gone")
    token = token or uuid4()
    earlier = CloneAttempt.objects.filter(token=token, created_by=by).first()
    order = Order(
        token=token,
        speaker_name=attempt.speaker_name,
        speaker_id=attempt.speaker_id,
        voice_id=earlier.voice_id if earlier else voice_ids.suggest(attempt.speaker_name)[0],
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
        rebuilt = submit(order, by=by)
        if not Event.objects.filter(kind=EventKind.REBUILT, attempt=rebuilt).exists():
            record(Verb.VOICE_REBUILT, by=by, on=voice, beside=rebuilt, attempt=rebuilt.pk)
    return rebuilt


def _model(attempt: CloneAttempt) -> str:
    """The same model, or the first one where it is no longer offered."""
    offered = attempt.model in settings.MINIMAX_MODELS or not attempt.preview_text
    return attempt.model if offered else str(settings.MINIMAX_MODELS[0])
