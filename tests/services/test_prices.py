"""Prices: by the price list in the settings, in decimals."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from voicestudio.services.money import prices


@pytest.mark.parametrize(
    ("characters", "model", "preview"),
    [
        (112, "speech-2.8-hd", "0.0112"),
        (1000, "speech-2.8-turbo", "0.06"),
        (0, "speech-2.8-hd", "0"),
        (1, "speech-01-turbo", "0.00006"),
    ],
)
def test_preview_is_billed_by_the_character(characters: int, model: str, preview: str) -> None:
    estimate = prices.estimate_clone("x" * characters, model)

    assert (estimate.preview, estimate.clone) == (Decimal(preview), Decimal("1.50"))


def test_estimate_follows_the_settings(settings: Settings) -> None:
    settings.PRICE_CLONE = Decimal("9.90")
    settings.PRICE_HD_PER_MILLION = Decimal(1000)

    estimate = prices.estimate_clone("x" * 10, "speech-2.8-hd")

    assert (estimate.preview, estimate.clone) == (Decimal("0.01"), Decimal("9.90"))
