"""Contrast of the colours in tokens.css. Source: WCAG 2.2, "contrast ratio" and 1.4.11."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

from voicestudio.models import Colour

TOKEN: Final = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TEXT: Final = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text(encoding="utf-8")
# The colours of everybody, then those of high contrast: as a choice of the person, of the device.
NORMAL, *HIGH = [TOKEN.findall(block) for block in re.split(r":root[^;]*? \{\n", TEXT)[1:]]
SCHEMES: Final = {
    "light": {name: light for name, light, _dark in NORMAL},
    "dark": {name: dark for name, _light, dark in NORMAL},
}
HIGH_SCHEMES: Final = {
    "light": SCHEMES["light"] | {name: light for name, light, _dark in HIGH[0]},
    "dark": SCHEMES["dark"] | {name: dark for name, _light, dark in HIGH[0]},
}
GROUNDS: Final = ("paper", "sheet", "sunken", "accent-wash")
STATES: Final = ("good", "warn", "bad", "busy")


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("first", "second", "least"),
    [
        ("edge", "paper", 3),  # a field and its card
        ("edge", "sheet", 3),
        ("accent", "wave", 3),  # the played part of a waveform and the rest
        ("accent", "sheet", 3),
        ("ink", "paper", 4.5),
        ("soft", "paper", 4.5),
        ("soft", "sheet", 4.5),
        ("bad", "bad-wash", 4.5),
        ("warn", "warn-wash", 4.5),
        ("good", "good-wash", 4.5),
        ("busy", "busy-wash", 4.5),
        # The dot of a project; its name stands beside it.
        *((f"project-{colour}", ground, 3) for colour in Colour for ground in ("paper", "sheet")),
    ],
)
def test_colours_can_be_told_apart(scheme: str, first: str, second: str, least: float) -> None:
    colours = SCHEMES[scheme]

    assert _contrast(colours[first], colours[second]) >= least


@pytest.mark.parametrize("scheme", HIGH_SCHEMES)
@pytest.mark.parametrize(
    ("first", "second", "least"),
    [
        *((text, ground, 7) for text in ("ink", "soft", "accent") for ground in GROUNDS),
        ("accent-ink", "accent", 7),
        ("line", "sheet", 4.5),
        ("edge", "sheet", 7),
        ("accent", "wave", 3),
        *((state, ground, 7) for state in STATES for ground in ("sheet", f"{state}-wash")),
    ],
)
def test_high_contrast_is_high(scheme: str, first: str, second: str, least: float) -> None:
    colours = HIGH_SCHEMES[scheme]

    assert _contrast(colours[first], colours[second]) >= least


def test_high_contrast_is_the_same_by_choice_and_by_device() -> None:
    by_person, by_device = HIGH

    assert by_person == by_device
