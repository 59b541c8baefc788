"""Charging: the lines of the ledger, each written in the transaction that says what happened."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from voicestudio.models import Charge, ChargeKind, CloneAttempt, Speech, Voice

from . import prices


def preview(attempt: CloneAttempt, *, certain: bool, units: int | None = None) -> None:
    """The preview of an attempt that was done, or may have been; free without a preview text.

    `units` are the characters as the provider counts them, where it says so.
    """
    if not attempt.preview_text:
        return
    line = Charge.objects.counted().filter(attempt=attempt, kind=ChargeKind.PREVIEW).first()
    if line is None:
        Charge.objects.create(
            kind=ChargeKind.PREVIEW,
            attempt=attempt,
            voice=attempt.cloned_voice,
            voice_name=attempt.voice_id,
            speaker_id=attempt.speaker_id,
            model=attempt.model,
            person_id=attempt.created_by_id,
            certain=certain,
            at=attempt.sent_at if not certain and attempt.sent_at else timezone.now(),
            **_sum(units or len(attempt.preview_text), prices.per_character(attempt.model)),
            **_of(attempt),
        )
    elif certain:
        _settle(line, units, voice=attempt.cloned_voice)


def no_preview(attempt: CloneAttempt) -> None:
    """The attempt turned out never to have been done."""
    Charge.objects.counted().filter(attempt=attempt).update(withdrawn_at=timezone.now())


def speech(spoken: Speech, *, certain: bool, units: int | None = None) -> None:
    """The words of a speech that was done, or may have been."""
    line = Charge.objects.counted().filter(speech=spoken, kind=ChargeKind.SPEECH).first()
    if line is None:
        Charge.objects.create(
            kind=ChargeKind.SPEECH,
            model=spoken.model,
            certain=certain,
            at=spoken.sent_at if not certain and spoken.sent_at else timezone.now(),
            **_sum(units or len(spoken.text), prices.per_character(spoken.model)),
            **_of_voice(spoken),
        )
    elif certain:
        _settle(line, units, voice=spoken.voice)


def clone_fee(spoken: Speech, *, certain: bool) -> None:
    """The fee for the voice itself, due once at its first real speech."""
    voice = spoken.voice
    line = Charge.objects.counted().filter(voice=voice, kind=ChargeKind.CLONE).first()
    if line is None and voice.kept_at is not None:
        return  # it had spoken before it came into our ledger
    if line is None:
        Charge.objects.create(
            kind=ChargeKind.CLONE,
            certain=certain,
            at=spoken.sent_at if not certain and spoken.sent_at else timezone.now(),
            **_sum(1, settings.PRICE_CLONE),
            **_of_voice(spoken),
        )
    elif certain:
        Charge.objects.filter(pk=line.pk).update(certain=True)


def no_speech(spoken: Speech) -> None:
    """The speech turned out never to have been done; nor, then, was a fee due because of it."""
    lines = Charge.objects.counted().filter(speech=spoken, certain=False)
    lines.update(withdrawn_at=timezone.now())


def _settle(line: Charge, units: int | None, *, voice: Voice | None) -> None:
    count = units or line.units
    Charge.objects.filter(pk=line.pk).update(
        certain=True, units=count, amount=count * line.unit_price, voice=voice
    )


def _sum(units: int, unit_price: Decimal) -> dict[str, Any]:
    return {
        "units": units,
        "unit_price": unit_price,
        "amount": units * unit_price,
        "currency": settings.CURRENCY,
    }


def _of(call: CloneAttempt | Speech) -> dict[str, Any]:
    return {"provider": call.provider}


def _of_voice(spoken: Speech) -> dict[str, Any]:
    return {
        "speech": spoken,
        "voice": spoken.voice,
        "voice_name": spoken.voice.voice_id,
        "speaker_id": spoken.voice.speaker_id,
        "person_id": spoken.created_by_id,
        "provider": spoken.provider,
    }
