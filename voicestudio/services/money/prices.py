"""Prices by the price list in the settings; decimals, never floats."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from voicestudio.models import Charge, ChargeKind, PaidCall, Voice

MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class ClonePrice:
    """The price of a clone: `preview` now, `clone` at the first real use; in settings.CURRENCY."""

    preview: Decimal
    clone: Decimal


@dataclass(frozen=True)
class SpeechPrice:
    """The price of a speech: its characters, and the `clone` fee if it is the first real use."""

    speech: Decimal
    clone: Decimal

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.speech + self.clone


def price_per_million(model: str) -> Decimal:
    """The price of a million characters. Source: provider.md, "Life and money"."""
    turbo = model.endswith("turbo")
    return settings.PRICE_TURBO_PER_MILLION if turbo else settings.PRICE_HD_PER_MILLION


def price_per_character(model: str) -> Decimal:
    """The price of one character."""
    return price_per_million(model) / MILLION


def estimate_clone(preview_text: str, model: str) -> ClonePrice:
    """Return what a clone with this preview would cost."""
    preview = len(preview_text) * price_per_character(model) if preview_text else Decimal(0)
    return ClonePrice(preview=preview, clone=settings.PRICE_CLONE)


def estimate_speech(text: str, model: str, voice: Voice) -> SpeechPrice:
    """Return what a speech of this voice would cost, with the clone fee if it falls due."""
    return SpeechPrice(
        speech=len(text) * price_per_character(model),
        clone=settings.PRICE_CLONE if is_clone_fee_due(voice) else Decimal(0),
    )


def price_of(call: PaidCall) -> Decimal:
    """Return what `call` costs if it succeeds."""
    text, voice = call.billed_text, call.voice_used
    price = len(text) * price_per_character(call.model) if text else Decimal(0)
    return price + (settings.PRICE_CLONE if voice and is_clone_fee_due(voice) else 0)


def is_clone_fee_due(voice: Voice) -> bool:
    """Whether the clone fee falls due with the next speech of this voice."""
    if voice.kept_at is not None:
        return False
    return not Charge.objects.counted().filter(voice=voice, kind=ChargeKind.CLONE).exists()
