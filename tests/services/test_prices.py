"""Prices: by the price list in the settings, in decimals."""

import re
from decimal import Decimal

import pytest
from django.conf import settings as settings_module
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


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", 0), ("Hello", 5), ("你好", 4), ("你好, Anna", 10), ("𠀀", 2), ("豈", 2), ("〇々", 4),
        ("こんにちは", 5), ("안녕", 2), ("،。", 2), ("𝒜😀", 2),
    ],
)  # fmt: skip
def test_han_character_counts_as_two(text: str, characters: int, settings: Settings) -> None:
    assert prices.billable_characters(text) == characters
    settings.BILLED_PER_HAN = 1
    assert prices.billable_characters(text) == len(text)


def test_page_counts_the_same_han_characters() -> None:
    """The page has the ranges once more, because it counts while somebody types."""
    script = (settings_module.BASE_DIR / "static/js/clone-form.js").read_text()
    [ranges] = re.findall(r"/\[(.+)\]/gu", script)
    pattern = re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: chr(int(match[1], 16)), ranges)
    pattern = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), pattern)

    assert f"[{pattern}]" == prices.HAN.pattern


@pytest.mark.parametrize(
    ("reported", "billed"), [(None, 4), (-5, 4), (10**15, 4), (41, 4), (0, 0), (3, 3), (40, 40)]
)
def test_bill_is_believed_where_it_is_plausible(reported: int | None, billed: int) -> None:
    assert prices.billed_characters("你好", reported) == billed


def test_clone_fee_is_due_at_once_where_a_gateway_charges_it_so(settings: Settings) -> None:
    settings.CLONE_FEE_AT_ONCE = True

    estimate = prices.estimate_clone("x" * 10, "speech-2.8-hd")

    assert estimate.due == Decimal("1.501")
