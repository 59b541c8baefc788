"""Asking: a text becomes a row, and the row is handed to the worker."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from voicestudio.models import Speech, SpeechPurpose, SpeechState, Voice
from voicestudio.services.money import limits, prices
from voicestudio.services.money.prices import SpeechPrice

from . import orders
from .orders import SpeechOrder, SpeechTooDear
from .steps import run_speech

if TYPE_CHECKING:
    from django.contrib.auth.models import User


HUNDREDTH: Final = Decimal("0.01")


def price(voice: Voice, text: str, model: str) -> SpeechPrice:
    """What it would cost to let this voice say that, with the clone fee if it falls due."""
    return prices.estimate_speech(text, model, voice)


def ask(order: SpeechOrder, *, by: "User") -> Speech:
    """Enter the order and hand it to the worker; the same token gives the same speech.

    A second wish to keep a voice, while the first is under way, gives the first one. Raises
    `VoiceSilent`, `SpeechTooDear` or another `SpeechRefused`; nothing is stored then.
    """
    if earlier := _earlier(order):
        return earlier
    voice = Voice.objects.get(pk=order.voice.pk)
    orders.check(_with(order, voice))
    try:
        limits.check_budget(price(voice, order.text, order.model).total)
    except limits.LimitReached as reached:
        raise SpeechTooDear from reached
    try:
        with transaction.atomic():
            speech = Speech.objects.create(
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
            run_speech.enqueue(speech.pk)
    except IntegrityError:
        if earlier := _earlier(order):
            return earlier
        raise
    return speech


def try_again(speech: Speech) -> bool:
    """Hand an interrupted speech to the worker once more; False if it is not interrupted.

    Only what was never sent can be interrupted, so nothing is paid twice.
    """
    try:
        with transaction.atomic():
            rows = Speech.objects.filter(pk=speech.pk).in_state(SpeechState.INTERRUPTED)
            waiting = rows.update(
                status=SpeechState.WAITING, claim=None, lease_until=None, retry_at=None,
                slot_at=None, attempts_made=0, trouble="", finished_at=None, enqueued_at=timezone.now(),
            )  # fmt: skip
            if waiting:
                run_speech.enqueue(speech.pk)
    except IntegrityError:
        # Meanwhile the voice is being kept by another one.
        return False
    return bool(waiting)


def _earlier(order: SpeechOrder) -> Speech | None:
    same = Speech.objects.filter(token=order.token).first()
    if same is None and order.purpose == SpeechPurpose.KEEP:
        under_way = Speech.objects.filter(voice=order.voice.pk, purpose=SpeechPurpose.KEEP)
        same = under_way.filter(status__in=("waiting", "sending", "speaking")).first()
    return same


def _with(order: SpeechOrder, voice: Voice) -> SpeechOrder:
    return SpeechOrder(**{**vars(order), "voice": voice})
