"""Template tags of money: amounts where there is little room."""

from decimal import Decimal

import pytest

from voicestudio.templatetags.money import short_price


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
