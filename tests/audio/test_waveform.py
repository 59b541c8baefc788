"""Audio: the waveform as one SVG path."""

import re

import pytest

from voicestudio.audio import waveform_path


def strokes(path: str) -> list[tuple[float, float, float]]:
    """The strokes of a path: (x, top, bottom)."""
    x = y = 0.0
    found = []
    for command, numbers in re.findall(r"([Mmv])([-\d. ]+)", path):
        values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if command == "v":
            found.append((x, y, round(y + values[0], 1)))
            y = round(y + values[0], 1)
        else:
            x, y = (
                (values[0], values[1])
                if command == "M"
                else (round(x + values[0], 1), round(y + values[1], 1))
            )
    return found


def test_strokes_are_centred_from_left_to_right() -> None:
    assert strokes(waveform_path([0, 50, 100, 25], width=16, height=40)) == [
        (2, 19.5, 20.5),
        (6, 10, 30),
        (10, 0, 40),
        (14, 15, 25),
    ]


def test_path_is_short() -> None:
    assert waveform_path([50, 50, 0], width=12, height=40) == "M2 10v20m4-20v20m4-10.5v1"


@pytest.mark.parametrize(("width", "height"), [(440, 40), (300, 32), (97, 15), (1000, 120)])
def test_all_strokes_are_within_the_picture(width: int, height: int) -> None:
    peaks = [(index * 37) % 101 for index in range(110)]

    found = strokes(waveform_path(peaks, width=width, height=height))

    assert len(found) == 110
    assert all(0 < x < width for x, _, _ in found)
    assert [x for x, _, _ in found] == sorted({x for x, _, _ in found})
    assert all(top + bottom == pytest.approx(height) for _, top, bottom in found)
    assert [bottom - top for _, top, bottom in found] == pytest.approx(
        [max(1, round(height * peak / 100)) for peak in peaks]
    )


def test_110_bars_take_at_most_1200_bytes() -> None:
    peaks = [(index * 37) % 101 for index in range(110)]

    assert len(waveform_path(peaks)) <= 1200


def test_bars_outside_of_the_scale_are_bounded() -> None:
    assert waveform_path([-5, 250]) == waveform_path([0, 100])


def test_path_without_peaks_is_empty() -> None:
    assert waveform_path([]) == ""
