"""Contrast of the colours in tokens.css."""

import pytest

from voicestudio.services.design_tokens import (
    HIGH_PAIRS,
    PAIRS,
    Measured,
    contrast,
    measure,
    read_blocks,
    read_schemes,
)

NORMAL, HIGH = read_schemes()


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize(
    "measured",
    [*measure(PAIRS, NORMAL), *measure(HIGH_PAIRS, HIGH)],
    ids=lambda measured: f"{measured.pair.first} on {measured.pair.second}",
)
def test_colours_can_be_told_apart(measured: Measured) -> None:
    assert min(measured.light, measured.dark) >= measured.pair.least


def test_high_contrast_is_the_same_by_choice_and_by_device() -> None:
    _normal, by_person, by_device = read_blocks()

    assert by_person == by_device
