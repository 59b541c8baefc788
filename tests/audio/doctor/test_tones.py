"""Music: notes that are held in pauses and soft moments."""

import numpy as np
import pytest
from numpy.typing import NDArray

from voicestudio.audio.doctor.tones import ToneDetector

RATE = 16_000
STEP = RATE // 20
SECONDS = 24
CHORDS_HZ = ((277.2, 329.6), (311.1, 369.9), (466.2, 554.4), (415.3, 493.9))


def words_with_chords(music_s: float) -> NDArray[np.float32]:
    """Bursts of noise for words, with pauses of 0.6 s; chords 20 dB below for so long."""
    seconds = np.arange(SECONDS * RATE) / RATE
    words = np.random.default_rng(1).standard_normal(len(seconds)) * (seconds % 1.2 < 0.6)
    sound = 0.2 * words
    for number in range(SECONDS // 2):
        held = (seconds // 2 == number) & (seconds < music_s)
        for hertz in CHORDS_HZ[number % 4]:
            sound += 0.02 * held * np.sin(2 * np.pi * hertz * seconds)
    return sound.astype(np.float32)


@pytest.mark.parametrize("is_taken_for_voice", [False, True])
@pytest.mark.parametrize(
    ("music_s", "rings", "is_music"),
    [(SECONDS, False, True), (SECONDS, True, False), (1.2, False, False)],
)
def test_chords_between_words_are_music(
    music_s: float, rings: bool, is_music: bool, is_taken_for_voice: bool
) -> None:
    sound = words_with_chords(music_s)
    power = np.square(sound).reshape(-1, STEP).mean(axis=1, dtype=np.float32)
    speech = power > (0 if is_taken_for_voice else 0.01)
    tones = ToneDetector()
    tones.add(sound)

    notes = tones.result(speech, power, rings=rings)

    assert (notes.share > 0.17) == is_music
