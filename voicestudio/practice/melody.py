"""Practice, melody: played in place of speech where espeak-ng is not installed."""

import math
from array import array

from voicestudio.practice.sound import Sound

RATE = 22_050
NOTE_SECONDS = 0.24
STEPS = (0, 4, 7, 12, 9, 7, 4, 2)  # semitones above the base note
MAX_NOTES = 250


def melody(text: str, pitch_hz: float | None) -> Sound:
    """Return a short tune based on `pitch_hz` (default 180 Hz), longer for a longer `text`."""
    base = pitch_hz or 180.0
    notes = max(4, min(MAX_NOTES, len(text) // 4))
    length = round(NOTE_SECONDS * RATE)
    # Each note fades in and out, which avoids clicks.
    envelope = [math.sin(math.pi * at / length) ** 0.5 * 9_000 for at in range(length)]
    tones: dict[int, array[int]] = {}
    for step in STEPS:
        angle = 2 * math.pi * base * 2 ** (step / 12) / RATE
        tones[step] = array(
            "h",
            (
                round(gain * (0.8 * math.sin(angle * at) + 0.2 * math.sin(2 * angle * at)))
                for at, gain in enumerate(envelope)
            ),
        )
    pcm = b"".join(tones[STEPS[note % len(STEPS)]].tobytes() for note in range(notes))
    return Sound(pcm, RATE)
