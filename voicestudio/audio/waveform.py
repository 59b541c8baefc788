"""Audio: the waveform of a recording as a drawing."""

from collections.abc import Sequence


def waveform_path(peaks: Sequence[int], *, width: int = 440, height: int = 40) -> str:
    """The `d` of one SVG path: a vertical stroke for each of `peaks` (0..100), left to right.

    Strokes are centred at half of `height` and spread evenly over `width` (both in user units), at
    least one unit high. Moves are relative, so that 110 strokes take at most 1.2 KB.
    """
    if not peaks:
        return ""
    parts: list[str] = []
    previous_x = 0
    previous_half = -5 * height  # so that the first move starts at the centre line
    for index, peak in enumerate(peaks):
        x = round((2 * index + 1) * width * 5 / len(peaks))  # in tenths of a unit, like `half`
        half = max(5, 5 * round(min(100, max(0, peak)) * height / 100))
        move = f"{_number(x - previous_x)}{_number(-half - previous_half, after_number=True)}"
        parts.append(f"m{move}v{_number(2 * half)}")
        previous_x, previous_half = x, half
    return "M" + parts[0][1:] + "".join(parts[1:])


def _number(tenths: int, *, after_number: bool = False) -> str:
    """Tenths as SVG reads them: 45 is "4.5", 40 is "4"; a minus sign needs no space before it."""
    sign = "-" if tenths < 0 else (" " if after_number else "")
    whole, rest = divmod(abs(tenths), 10)
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
