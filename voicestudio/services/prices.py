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


def per_million_characters(model: str) -> Decimal:
    """The price of a million characters. Source: provider.md, "Life and money"."""
    turbo = model.endswith("turbo")
    return settings.PRICE_TURBO_PER_MILLION if turbo else settings.PRICE_HD_PER_MILLION


def estimate(preview_text: str, model: str) -> Estimate:
    """What cloning with this preview would cost."""
    preview = len(preview_text) * per_million_characters(model) / PER
    return Estimate(preview=preview, clone=settings.PRICE_CLONE)
