"""Contrast of the colours in tokens.css. Source: WCAG 2.2, "contrast ratio" and 1.4.11."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

from voicestudio.models import Colour

TOKEN: Final = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
PATH: Final = Path(settings.BASE_DIR) / "static/css/tokens.css"
SCHEMES: Final = {
    scheme: {match[1]: match[place] for match in TOKEN.finditer(PATH.read_text(encoding="utf-8"))}
    for scheme, place in (("light", 2), ("dark", 3))
}


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
