"""Charges, each written in the transaction that writes the state of its call."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from voicestudio.models import Charge, ChargeKind, CloneAttempt, PaidCall, Speech, Voice

from .prices import price_per_character


def charge_preview(attempt: CloneAttempt, *, certain: bool, units: int | None = None) -> None:
    """Charge the preview of an attempt; nothing without a preview text.

    `certain` is false while the provider's answer is unknown. `units` are the characters as the
    provider counted them.
    """
    if not attempt.preview_text:
        return
    charge = Charge.objects.counted().filter(attempt=attempt, kind=ChargeKind.PREVIEW).first()
    if charge is None:
        Charge.objects.create(
            kind=ChargeKind.PREVIEW,
            attempt=attempt,
            voice=attempt.cloned_voice,
            voice_name=attempt.voice_id,
            speaker_id=attempt.speaker_id,
            model=attempt.model,
            **_amount(units or len(attempt.preview_text), price_per_character(attempt.model)),
            **_call_fields(attempt, certain),
        )
    elif certain:
        _confirm(charge, units, voice=attempt.cloned_voice)


def cancel_preview(attempt: CloneAttempt) -> None:
    """Withdraw the charge of an attempt that was never carried out."""
    Charge.objects.counted().filter(attempt=attempt).update(withdrawn_at=timezone.now())


def charge_speech(speech: Speech, *, certain: bool, units: int | None = None) -> None:
    """Charge the characters of a speech; parameters as in `charge_preview`."""
    charge = Charge.objects.counted().filter(speech=speech, kind=ChargeKind.SPEECH).first()
    if charge is None:
        Charge.objects.create(
            kind=ChargeKind.SPEECH,
            model=speech.model,
            **_amount(units or len(speech.text), price_per_character(speech.model)),
            **_speech_fields(speech, certain),
        )
    elif certain:
        _confirm(charge, units, voice=speech.voice)


def charge_clone_fee(speech: Speech, *, certain: bool) -> None:
    """Charge the fee for the voice itself, due once at its first real speech."""
    voice = speech.voice
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
    charges.update(withdrawn_at=timezone.now())


def _confirm(charge: Charge, units: int | None, *, voice: Voice | None) -> None:
    count = units or charge.units
    Charge.objects.filter(pk=charge.pk).update(
        certain=True, units=count, amount=count * charge.unit_price, voice=voice
    )


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
        "at": at or timezone.now(),
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
