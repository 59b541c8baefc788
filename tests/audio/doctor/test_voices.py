"""Two voices differ in pitch by more than either varies, and in timbre."""

import numpy as np
import pytest

from voicestudio.audio.doctor.pitch import find_second_voice
from voicestudio.audio.doctor.spectrum import BANDS, VOICE
from voicestudio.audio.doctor.thresholds import TABLE

TURN = 40  # steps
PER_SEMITONE = 8


def is_named(apart: float, spread: float, timbre_db: float) -> bool:
    """Are there several speakers if their turns differ so?

    `apart`: semitones between both voices. `spread`: semitones by which the turns of each voice are
    above or below its mean. `timbre_db`: by which each band of one voice is above or below that of
    the other.
    """
    turns = np.arange(16)
    semitones = 12 + apart * (turns % 2) + spread * np.where(turns // 2 % 2, 1, -1)
    pitches = np.repeat(np.rint(PER_SEMITONE * semitones), TURN).astype(np.uint16)
    rows = np.full((len(pitches), BANDS), 120, np.uint8)
    of_second = np.repeat(turns % 2, TURN) == 1
    rows[of_second, VOICE.start :: 2] += np.uint8(2 * timbre_db)  # levels are in half decibels
    rows[of_second, VOICE.start + 1 :: 2] -= np.uint8(2 * timbre_db)
    semitones_apart, _ = find_second_voice(pitches, np.ones(len(pitches), np.bool_), rows)
    line = next(line for line in TABLE if line.code == "several_speakers")
    return line.severity(semitones_apart) is not None


@pytest.mark.parametrize(
    ("apart", "spread", "timbre_db"), [(6.5, 1.5, 4.0), (10.0, 1.5, 2.5), (8.0, 2.4, 3.0)]
)
def test_voices_that_differ_clearly_are_several_speakers(
    apart: float, spread: float, timbre_db: float
) -> None:
    assert is_named(apart, spread, timbre_db)


@pytest.mark.parametrize(
    ("apart", "spread", "timbre_db"), [(5.5, 1.0, 4.0), (10.0, 1.5, 2.0), (7.5, 2.42, 4.0)]
)
def test_voice_that_varies_as_much_is_one_speaker(
    apart: float, spread: float, timbre_db: float
) -> None:
    assert not is_named(apart, spread, timbre_db)
