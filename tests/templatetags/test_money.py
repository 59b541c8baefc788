"""Template tags of money: amounts where there is little room."""

from decimal import Decimal

import pytest

from voicestudio.templatetags.money import cell_price, short_price


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
