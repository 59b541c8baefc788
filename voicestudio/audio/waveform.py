"""Audio: the picture of a recording."""

from __future__ import annotations

from collections.abc import Sequence


def waveform_path(peaks: Sequence[int], *, width: int = 440, height: int = 40) -> str:
    """The `d` of one SVG path: a vertical stroke for each of `peaks` (0..100), left to right.

    Strokes stand centred at half of `height`, evenly over `width` (both in user units), at least
    one unit high. Moves are relative, so that 110 strokes stay within 1.2 KB.
    """
    if not peaks:
        return ""
    parts: list[str] = []
    x_before = 0
    half_before = -5 * height  # so that the first move counts from the middle line
    for index, peak in enumerate(peaks):
        x = round((2 * index + 1) * width * 5 / len(peaks))  # all in tenths of a unit
        half = max(5, 5 * round(min(100, max(0, peak)) * height / 100))
        parts.append(
            f"m{_number(x - x_before)}{_number(-half - half_before, follows=True)}"
            f"v{_number(2 * half)}"
        )
        x_before, half_before = x, half
    return "M" + parts[0][1:] + "".join(parts[1:])


def _number(tenths: int, *, follows: bool = False) -> str:
    """Tenths as SVG reads them: 45 is "4.5", 40 is "4"; a minus needs no space before it."""
    sign = "-" if tenths < 0 else (" " if follows else "")
    whole, rest = divmod(abs(tenths), 10)
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
