"""Practice, melody: what is played where no speech library is installed."""

import math
from array import array

from voicestudio.practice.sound import Sound

RATE = 22_050
NOTE_SECONDS = 0.24
STEPS = (0, 4, 7, 12, 9, 7, 4, 2)  # semitones above the ground note
MOST_NOTES = 250


def melody(text: str, pitch_hz: float | None) -> Sound:
    """A short tune on `pitch_hz` (default 180 Hz), longer for a longer `text`."""
    ground = pitch_hz or 180.0
    notes = max(4, min(MOST_NOTES, len(text) // 4))
    length = round(NOTE_SECONDS * RATE)
    # Each note fades in and out, so that no click is heard between two of them.
    swell = [math.sin(math.pi * at / length) ** 0.5 * 9_000 for at in range(length)]
    tones: dict[int, array[int]] = {}
    for step in STEPS:
        turn = 2 * math.pi * ground * 2 ** (step / 12) / RATE
        tones[step] = array(
            "h",
            (
                round(loud * (0.8 * math.sin(turn * at) + 0.2 * math.sin(2 * turn * at)))
                for at, loud in enumerate(swell)
            ),
        )
    pcm = b"".join(tones[STEPS[note % len(STEPS)]].tobytes() for note in range(notes))
    return Sound(pcm, RATE)
