"""Prices: what a step costs by the price list in the settings; decimals, never floats."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

PER = Decimal(1_000_000)


@dataclass(frozen=True)
class Estimate:
    """What an attempt costs: `preview` now, `clone` at the first real use; in settings.CURRENCY."""

    preview: Decimal
    clone: Decimal


@dataclass(frozen=True)
class SpeechPrice:
    """What speaking costs: the `speech` itself, and the `clone` fee if it is the first real use."""

    speech: Decimal
    clone: Decimal

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.speech + self.clone


def per_million_characters(model: str) -> Decimal:
    """The price of a million characters. Source: provider.md, "Life and money"."""
    turbo = model.endswith("turbo")
    return settings.PRICE_TURBO_PER_MILLION if turbo else settings.PRICE_HD_PER_MILLION


def per_character(model: str) -> Decimal:
    """The price of one character."""
    return per_million_characters(model) / PER


def estimate(preview_text: str, model: str) -> Estimate:
    """What cloning with this preview would cost."""
    preview = len(preview_text) * per_character(model) if preview_text else Decimal(0)
    return Estimate(preview=preview, clone=settings.PRICE_CLONE)


def of_speech(text: str, model: str, *, first: bool) -> SpeechPrice:
    """What speaking this text would cost; `first` if the voice has never really spoken."""
    return SpeechPrice(
        speech=len(text) * per_character(model),
        clone=settings.PRICE_CLONE if first else Decimal(0),
    )
