"""Charges, each written in the transaction that writes the state of its call."""

import logging
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from voicestudio.models import (
    Charge,
    ChargeKind,
    CloneAttempt,
    Event,
    EventKind,
    PaidCall,
    Speech,
    Verb,
    Voice,
    clock,
)
from voicestudio.services.audit import record

from .prices import billable_characters, billed_characters, price_per_character

logger = logging.getLogger(__name__)


def charge_attempt(attempt: CloneAttempt, *, certain: bool, units: int | None = None) -> None:
    """Charge the preview of an attempt, if it has one, and the clone fee where it is due at once.

    `certain` is false while the provider's answer is unknown. `units` are the characters as the
    provider counted them.
    """
    text, unit_price = attempt.preview_text, price_per_character(attempt.model)
    if text:
        count = billed_characters(text, units)
        _charge_attempt(attempt, ChargeKind.PREVIEW, count, unit_price, certain=certain)
        if certain:
            _report_difference(text, units)
    if settings.CLONE_FEE_AT_ONCE:
        _charge_attempt(attempt, ChargeKind.CLONE, 1, settings.PRICE_CLONE, certain=certain)


def _charge_attempt(
    attempt: CloneAttempt, kind: ChargeKind, units: int, unit_price: Decimal, *, certain: bool
) -> None:
    charge = Charge.objects.counted().filter(attempt=attempt, kind=kind).first()
    if charge is None:
        Charge.objects.create(
            kind=kind,
            attempt=attempt,
            voice=attempt.cloned_voice,
            voice_name=attempt.voice_id,
            speaker_id=attempt.speaker_id,
            model=attempt.model if kind == ChargeKind.PREVIEW else "",
            **_amount(units, unit_price),
            **_call_fields(attempt, certain),
        )
    elif certain:
        _confirm(charge, units, voice=attempt.cloned_voice)


def cancel_attempt(attempt: CloneAttempt) -> None:
    """Withdraw the charge of an attempt that was never carried out."""
    Charge.objects.counted().filter(attempt=attempt).update(withdrawn_at=clock.now())


def charge_speech(speech: Speech, *, certain: bool, units: int | None = None) -> None:
    """Charge the characters of a speech; parameters as in `charge_attempt`."""
    count = billed_characters(speech.text, units)
    charge = Charge.objects.counted().filter(speech=speech, kind=ChargeKind.SPEECH).first()
    if charge is None:
        Charge.objects.create(
            kind=ChargeKind.SPEECH,
            model=speech.model,
            **_amount(count, price_per_character(speech.model)),
            **_speech_fields(speech, certain),
        )
    elif certain:
        _confirm(charge, count, voice=speech.voice)
    if certain:
        _report_difference(speech.text, units)


def charge_clone_fee(speech: Speech, *, certain: bool) -> None:
    """Charge the fee for the voice itself, due once at its first real speech."""
    voice = speech.voice
    if settings.CLONE_FEE_AT_ONCE:
        return
    charge = Charge.objects.counted().filter(voice=voice, kind=ChargeKind.CLONE).first()
    if charge is None and voice.kept_at is not None:
        return  # its first speech was before the voice was imported
    if charge is None:
        Charge.objects.create(
            kind=ChargeKind.CLONE,
            **_amount(1, settings.PRICE_CLONE),
            **_speech_fields(speech, certain),
        )
    elif certain:
        Charge.objects.filter(pk=charge.pk).update(certain=True)


def cancel_speech(speech: Speech) -> None:
    """Withdraw the charges of a speech that was never carried out, a clone fee included."""
    charges = Charge.objects.counted().filter(speech=speech, certain=False)
    charges.update(withdrawn_at=clock.now())


def _confirm(charge: Charge, units: int, *, voice: Voice | None) -> None:
    Charge.objects.filter(pk=charge.pk).update(
        certain=True, units=units, amount=units * charge.unit_price, voice=voice
    )


def find_difference() -> dict[str, int] | None:
    """The `reported` and `expected` characters of a bill that does not fit the settings, if any."""
    differences = Event.objects.filter(
        kind=EventKind.BILL_DIFFERS, facts__per_han=settings.BILLED_PER_HAN
    )
    return differences.values_list("facts", flat=True).first()


def _report_difference(text: str, reported: int | None) -> None:
    """Record once that the provider counts characters in another way than the settings say."""
    expected = billable_characters(text)
    if reported is None or abs(reported - expected) * 10 <= expected:
        return
    facts: dict[str, Any] = {
        "reported": reported,
        "expected": expected,
        "per_han": settings.BILLED_PER_HAN,
    }
    if find_difference() is None:
        logger.warning("%d characters were billed where %d were expected.", reported, expected)
        record(Verb.BILL_DIFFERED, **facts)


def _amount(units: int, unit_price: Decimal) -> dict[str, Any]:
    return {
        "units": units,
        "unit_price": unit_price,
        "amount": units * unit_price,
        "currency": settings.CURRENCY,
    }


def _call_fields(call: PaidCall, certain: bool) -> dict[str, Any]:
    at: datetime | None = None if certain else call.sent_at
    return {
        "certain": certain,
        "at": at or clock.now(),
        "project_id": call.project_id,
        "provider": call.provider,
        "person_id": call.created_by_id,
    }


def _speech_fields(speech: Speech, certain: bool) -> dict[str, Any]:
    return {
        "speech": speech,
        "voice": speech.voice,
        "voice_name": speech.voice.voice_id,
        "speaker_id": speech.voice.speaker_id,
        **_call_fields(speech, certain),
    }
