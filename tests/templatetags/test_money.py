"""Template tags of money: amounts where there is little room."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override

from voicestudio.templatetags.money import cell_price, month_name, short_price


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("0.0001", "<$0.01"),
        ("0.01", "$0.01"),
        ("1.50", "$1.50"),
        ("1000.40", "$1000"),
    ],
)
def test_short_price_rounds_nothing_to_zero(amount: str, text: str) -> None:
    assert short_price(Decimal(amount)) == text


@pytest.mark.parametrize(("amount", "text"), [("0.0001", "<$0.01"), ("1000.40", "$1000.40")])
def test_cell_price_is_short_but_keeps_its_cents(amount: str, text: str) -> None:
    assert cell_price(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "November 2026"),
        ("de", "November 2026"),
        ("fr", "novembre 2026"),
        ("es", "noviembre de 2026"),
        ("ja", "2026年11月"),
        ("zh-hans", "2026年11月"),
    ],
)
def test_month_and_year_stand_in_the_order_of_the_language(language: str, text: str) -> None:
    with override(language):
        assert month_name(date(2026, 11, 1)) == text
