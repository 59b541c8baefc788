"""Design tokens: the values of `static/css/tokens.css`, and the contrast of its colours.

The styleguide shows them, and a test requires the contrast. Sources of the limits: WCAG 2.2,
"contrast ratio", 1.4.3, 1.4.6 and 1.4.11.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from django.conf import settings

from voicestudio.models import Colour

FILE: Final = settings.BASE_DIR / "static" / "css" / "tokens.css"
_COLOUR: Final = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
_SIZE: Final = re.compile(r"--((?:text|space|radius|touch)[a-z-]*): ([0-9.]+rem);")
_BLOCK: Final = re.compile(r":root[^;{]*? \{\n")
GROUNDS: Final = ("paper", "sheet", "sunken", "accent-wash")
STATES: Final = ("good", "warn", "bad", "busy")


class Pair(NamedTuple):
    """Two colours that stand beside each other, and the least contrast that they need."""

    first: str
    second: str
    least: float


# In light and dark.
PAIRS: Final = (
    Pair("edge", "paper", 3),  # a field and its card
    Pair("edge", "sheet", 3),
    Pair("accent", "wave", 3),  # the played part of a waveform and the rest
    Pair("accent", "sheet", 3),
    Pair("ink", "paper", 4.5),
    Pair("soft", "paper", 4.5),
    Pair("soft", "sheet", 4.5),
    Pair("soft", "sunken", 4.5),  # a badge without a tone
    *(Pair(state, f"{state}-wash", 4.5) for state in STATES),
    # The dot of a project; its name stands beside it.
    *(Pair(f"project-{colour}", ground, 3) for colour in Colour for ground in ("paper", "sheet")),
)
# In high contrast.
HIGH_PAIRS: Final = (
    *(Pair(text, ground, 7) for text in ("ink", "soft", "accent") for ground in GROUNDS),
    Pair("accent-ink", "accent", 7),
    Pair("line", "sheet", 4.5),
    Pair("edge", "sheet", 7),
    Pair("accent", "wave", 3),
    *(Pair(state, ground, 7) for state in STATES for ground in ("sheet", f"{state}-wash")),
)

type Colours = dict[str, str]


@lru_cache(maxsize=1)
def read_blocks() -> tuple[list[tuple[str, str, str]], ...]:
    """Name, light and dark value of each colour, by block.

    First those of everybody, then those of high contrast: as a person's choice, as the device's.
    """
    text = FILE.read_text(encoding="utf-8")
    return tuple(_COLOUR.findall(block) for block in _BLOCK.split(text)[1:] if "--paper" in block)


@lru_cache(maxsize=1)
def read_sizes() -> dict[str, str]:
    """The sizes of text, space, corners and targets, in the order of the file."""
    return dict(_SIZE.findall(FILE.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def read_schemes() -> tuple[dict[str, Colours], dict[str, Colours]]:
    """The colours in light and dark; the same in high contrast."""
    normal, high, *_same = read_blocks()
    schemes = _split(normal)
    return schemes, {name: schemes[name] | colours for name, colours in _split(high).items()}


def _split(block: list[tuple[str, str, str]]) -> dict[str, Colours]:
    return {
        "light": {name: light for name, light, _dark in block},
        "dark": {name: dark for name, _light, dark in block},
    }


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours (#rrggbb), from 1 to 21."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Measured(NamedTuple):
    """The contrast of a pair in light and in dark."""

    pair: Pair
    light: float
    dark: float


def measure(pairs: tuple[Pair, ...], schemes: dict[str, Colours]) -> list[Measured]:
    """The contrast of each pair in each scheme."""
    return [
        Measured(
            pair,
            *(
                contrast(schemes[scheme][pair.first], schemes[scheme][pair.second])
                for scheme in ("light", "dark")
            ),
        )
        for pair in pairs
    ]
