"""Asking: an order becomes a row, and the row is handed to the worker."""

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voicestudio.models import AttemptState, CloneAttempt, Speaker
from voicestudio.services.money import limits, prices
from voicestudio.services.voices import voice_ids

from . import orders
from .orders import Order, OverLimit, VoiceIdTaken
from .steps import run_attempt

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PERMISSION_WORDING: Final = _("I have this person's permission to clone their voice")


def submit(order: Order, *, by: "User") -> CloneAttempt:
    """Enter the order and hand it to the worker; the same token gives the same attempt.

    Raises `PermissionMissing`, `VoiceIdTaken`, `OverLimit` or another `OrderRefused`; nothing is
    stored then.
    """
    if earlier := CloneAttempt.objects.filter(token=order.token).first():
        return earlier
    try:
        orders.check(order)
        limits.check_budget(prices.estimate_clone(order.preview_text, order.model).preview)
    except VoiceIdTaken:
        # The same form, sent twice at once, may just have taken it.
        if earlier := CloneAttempt.objects.filter(token=order.token).first():
            return earlier
        raise
    except limits.LimitReached as reached:
        raise OverLimit from reached
    try:
        with transaction.atomic():
            attempt = _enter(order, by)
            run_attempt.enqueue(attempt.pk)
    except IntegrityError:
        # Somebody was quicker: the same form twice at once, or another one with this voice ID.
        if earlier := CloneAttempt.objects.filter(token=order.token).first():
            return earlier
        if voice_ids.is_taken(order.voice_id):
            raise VoiceIdTaken(voice_ids.suggest(order.speaker_name, 3)) from None
        raise
    return attempt


def _enter(order: Order, by: "User") -> CloneAttempt:
    name = " ".join(order.speaker_name.split())
    speaker, _made = Speaker.objects.get_or_create(name=name, defaults={"created_by": by})
    return CloneAttempt.objects.create(
        token=order.token,
        provider=settings.MINIMAX_PROVIDER,
        created_by=by,
        parent=order.parent,
        speaker=speaker,
        speaker_name=name,
        recording=order.recording,
        prompt_clip=order.prompt_clip,
        prompt_text=order.prompt_text,
        voice_id=order.voice_id,
        preview_text=order.preview_text,
        # The provider wants text and model together: a model alone says nothing.
        model=order.model if order.preview_text else "",
        language=order.language,
        text_validation=order.text_validation,
        accuracy=order.accuracy if order.text_validation else None,
        noise_reduction=order.noise_reduction,
        volume_normalization=order.volume_normalization,
        watermark=order.watermark,
        rehearsal=order.rehearsal if settings.PRACTICE_MODE else "",
        permission_by=by,
        permission_at=timezone.now(),
        permission_wording=str(PERMISSION_WORDING),
    )


def try_again(attempt: CloneAttempt) -> bool:
    """Hand an interrupted attempt to the worker once more; False if it is not interrupted.

    Only what was never sent can be interrupted, so nothing is sent twice.
    """
    try:
        with transaction.atomic():
            rows = CloneAttempt.objects.filter(pk=attempt.pk).in_state(AttemptState.INTERRUPTED)
            waiting = rows.update(
                status=AttemptState.WAITING, claim=None, lease_until=None, retry_at=None, slot_at=None,
                attempts_made=0, trouble="", finished_at=None, enqueued_at=timezone.now(),
            )  # fmt: skip
            if waiting:
                run_attempt.enqueue(attempt.pk)
    except IntegrityError:
        # Meanwhile another attempt has taken the voice ID.
        return False
    return bool(waiting)
