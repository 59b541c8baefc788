"""Audio: the tidied copy itself, written in a few hearings of the source.

This module imports PyAV and numpy: the rest of the house reaches it only through `tidying`.
"""

from __future__ import annotations

from pathlib import Path

from .encoding import encode
from .tidying import Tidied


def write_tidied(
    source: Path, target: Path, *, trim: bool, level: bool, dc_and_hum: bool, mono: bool
) -> Tidied:
    """See `tidying.tidy`."""
    encode(source, target)
    return Tidied([], extension="mp3")
