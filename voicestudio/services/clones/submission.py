"""Submission: an order becomes a row, and its primary key is enqueued."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from voicestudio import words
from voicestudio.models import Action, AudioFile, CloneAttempt, Verb, clock
from voicestudio.services.audit import record, record_call
from voicestudio.services.log_context import log_requested
from voicestudio.services.money import limits, prices
from voicestudio.services.paid_calls import runner
from voicestudio.services.paid_calls.orders import (
    OrderRefused,
    OtherContent,
    OverLimit,
    check_owner,
)
from voicestudio.services.permissions import require
from voicestudio.services.voices import voice_ids
from voicestudio.services.voices.speakers import SpeakerUnclear, choose_speaker
from voicestudio.words.recordings import JUST_DELETED, OTHER_PROJECT

from .orders import Order, VoiceIdTaken, check_order, find_differences
from .steps import STEPS, run_clone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def submit(order: Order, *, by: "User") -> CloneAttempt:
    """Save the order and enqueue it; the same token with the same content is the same attempt.

    Raises `OtherContent` for the same token with other content, `PermissionMissing`,
    `VoiceIdTaken`, `SpeakerUnclear`, `OverLimit` or another `OrderRefused`; nothing is saved then.
    Raises `NotAllowed` unless `by` may clone in the project of the recording.
    """
    require(by, Action.CLONE, order.recording.project_id)
    if order.parent is not None:
        require(by, Action.SEE, order.parent.project_id)
    if earlier := _find_earlier(order, by):
        return earlier
    try:
        check_order(order)
        price = prices.estimate_clone(order.preview_text, order.model).due
        limits.check_budget(price, project=order.recording.project_id)
    except VoiceIdTaken:
        # The same form, sent twice at once, may have taken it a moment ago.
        if earlier := _find_earlier(order, by):
            return earlier
        raise
    except limits.LimitReached as reached:
        raise OverLimit(reached, by=by) from reached
    try:
        with transaction.atomic():
            attempt = _create_attempt(order, by)
            record(Verb.PERMISSION_CONFIRMED, by=by, on=attempt, speaker=attempt.speaker_id)
            record_call(attempt, "requested", by=by, price=f"{settings.CURRENCY}{price:f}")
            run_clone.enqueue(attempt.pk)
            log_requested(attempt)
    except SpeakerUnclear:
        # The same form, sent twice at once, may have added the speaker a moment ago.
        if earlier := _find_earlier(order, by):
            return earlier
        raise
    except IntegrityError:
        # Another request was faster: the same form, or one with the same voice ID.
        if earlier := _find_earlier(order, by):
            return earlier
        if voice_ids.is_taken(order.voice_id):
            raise VoiceIdTaken(voice_ids.suggest(order.speaker_name, 3)) from None
        raise
    return attempt


def _find_earlier(order: Order, by: "User") -> CloneAttempt | None:
    """The attempt that the same form has made.

    Raises `OtherContent` if it asked for another one, and `OtherPerson` if it was not of `by`.
    """
    earlier = CloneAttempt.objects.filter(token=order.token).first()
    check_owner(earlier, by)
    if earlier is not None and (differences := find_differences(order, earlier)):
        raise OtherContent(earlier, differences)
    return earlier


def _create_attempt(order: Order, by: "User") -> CloneAttempt:
    speaker = choose_speaker(
        order.speaker_name,
        project=order.recording.project,
        speaker_id=order.speaker_id,
        is_new=order.is_new_speaker,
        by=by,
    )
    used = {order.recording.pk, *([order.prompt_clip.pk] if order.prompt_clip else [])}
    kept = AudioFile.objects.select_for_update().filter(pk__in=used, deleted_at=None)
    if {recording.pk for recording in kept} != used:
        raise OrderRefused("recording", JUST_DELETED)
    for recording in kept:
        if recording.project_id != speaker.project_id:
            field = "recording" if recording.pk == order.recording.pk else "prompt_clip"
            raise OrderRefused(field, OTHER_PROJECT)
    parent = order.parent
    if parent is not None and parent.project_id != speaker.project_id:
        parent = None  # members of this project may not see it
    return CloneAttempt.objects.create(
        project_id=speaker.project_id,
        token=order.token,
        provider=settings.MINIMAX_PROVIDER,
        created_by=by,
        parent=parent,
        speaker=speaker,
        speaker_name=speaker.name,
        recording=order.recording,
        prompt_clip=order.prompt_clip,
        prompt_text=order.prompt_text,
        voice_id=order.voice_id,
        preview_text=order.preview_text,
        # The provider wants text and model together, or neither.
        model=order.model if order.preview_text else "",
        language=order.language,
        text_validation=order.text_validation,
        accuracy=order.accuracy if order.text_validation else None,
        noise_reduction=order.noise_reduction,
        volume_normalization=order.volume_normalization,
        watermark=order.watermark,
        rehearsal=order.rehearsal if settings.PRACTICE_MODE else "",
        permission_by=by,
        permission_at=clock.now(),
        permission_wording=str(words.PERMISSION_WORDING),
    )


def retry_interrupted(attempt: CloneAttempt, *, by: "User") -> bool:
    """Let the worker run an interrupted attempt again; False if it is not interrupted."""
    require(by, Action.CLONE, attempt.project_id)
    try:
        return runner.retry_interrupted(STEPS, attempt)
    except IntegrityError:
        # Another attempt has taken the voice ID meanwhile.
        return False
