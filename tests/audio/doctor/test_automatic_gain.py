"""The rise of noise in pauses, from levels of bands alone."""

import numpy as np
import pytest

from voicestudio.audio.doctor.automatic_gain import find_rises

PAUSE = 6  # steps of 50 ms
WORD = 10
LEVEL = 120  # in half decibels
SILENT = 20


@pytest.mark.parametrize(
    ("count", "level", "by", "rise_db"),
    [
        (3, LEVEL, 3, 30.0),
        (3, LEVEL, 1, 10.0),
        (2, LEVEL, 3, 0.0),
        (3, LEVEL, 0, 0.0),
        (3, SILENT, 20, 0.0),
    ],
)
def test_noise_that_rises_in_three_short_pauses_is_pumping(
    count: int, level: int, by: int, rise_db: float
) -> None:
    rows = np.full((count * (PAUSE + WORD) + WORD, 40), level, np.uint8)
    pauses = []
    for start in range(WORD, len(rows) - WORD, PAUSE + WORD):
        pauses.append((start, start + PAUSE))
        rows[start : start + PAUSE] += (by * np.arange(PAUSE, dtype=np.uint8))[:, None]

    rise, places = find_rises(rows, pauses)

    assert rise == pytest.approx(rise_db, abs=0.1)
    assert places == (pauses if rise_db else [])
