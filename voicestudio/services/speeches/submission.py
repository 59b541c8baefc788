"""Submission: a text becomes a row, and its primary key is enqueued."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from voicestudio.models import Action, Speech, SpeechPurpose, Voice
from voicestudio.models.speeches import RUNNING
from voicestudio.services.audit import record_call
from voicestudio.services.log_context import log_requested
from voicestudio.services.money import limits, prices
from voicestudio.services.paid_calls import runner
from voicestudio.services.paid_calls.orders import OtherContent, OverLimit, check_owner
from voicestudio.services.permissions import require

from .orders import SpeechOrder, check_order, find_differences
from .steps import STEPS, run_speech

if TYPE_CHECKING:
    from django.contrib.auth.models import User


HUNDREDTH: Final = Decimal("0.01")


def submit(order: SpeechOrder, *, by: "User") -> Speech:
    """Save the order and enqueue it; the same token with the same content is the same speech.

    While a speech that keeps the voice is running, a second one returns the first. Raises
    `OtherContent` for the same token with other content,
    `VoiceUnavailable`, `OverLimit` or another `OrderRefused`; nothing is saved then. Raises
    `NotAllowed` unless `by` may do this in the project of the voice.
    """
    voice = Voice.objects.get(pk=order.voice.pk)
    require(by, _action(order.purpose), voice.project_id)
    if earlier := _find_earlier(order, by):
        return earlier
    check_order(replace(order, voice=voice))
    price = prices.estimate_speech(order.text, order.model, voice).total
    try:
        limits.check_budget(price, project=voice.project_id)
    except limits.LimitReached as reached:
        raise OverLimit(reached, by=by) from reached
    try:
        with transaction.atomic():
            speech = _create_speech(order, by)
            record_call(speech, "requested", by=by, price=f"{settings.CURRENCY}{price:f}")
            run_speech.enqueue(speech.pk)
            log_requested(speech)
    except IntegrityError:
        if earlier := _find_earlier(order, by):
            return earlier
        raise
    return speech


def _create_speech(order: SpeechOrder, by: "User") -> Speech:
    # Locked and read again, because the speaker may just be moved to another project.
    voice = Voice.objects.select_for_update(no_key=True).get(pk=order.voice.pk)
    require(by, _action(order.purpose), voice.project_id)
    return Speech.objects.create(
        project_id=voice.project_id,
        token=order.token,
        provider=settings.MINIMAX_PROVIDER,
        created_by=by,
        voice=voice,
        purpose=order.purpose,
        text=order.text,
        model=order.model,
        speed=order.speed.quantize(HUNDREDTH),
        volume=order.volume.quantize(HUNDREDTH),
        pitch=order.pitch,
        language=order.language,
        format=order.format,
    )


def retry_interrupted(speech: Speech, *, by: "User") -> bool:
    """Let the worker run an interrupted speech again; False if it is not interrupted."""
    require(by, _action(speech.purpose), speech.project_id)
    try:
        return runner.retry_interrupted(STEPS, speech)
    except IntegrityError:
        # The voice is being kept by another speech meanwhile.
        return False


def _action(purpose: str) -> Action:
    return Action.KEEP if purpose == SpeechPurpose.KEEP else Action.SPEAK


def _find_earlier(order: SpeechOrder, by: "User") -> Speech | None:
    same = Speech.objects.filter(token=order.token).first()
    check_owner(same, by)
    if same is not None and (differences := find_differences(order, same)):
        raise OtherContent(same, differences)
    if same is None and order.purpose == SpeechPurpose.KEEP:
        under_way = Speech.objects.filter(voice=order.voice.pk, purpose=SpeechPurpose.KEEP)
        same = under_way.filter(status__in=RUNNING).first()
    return same
