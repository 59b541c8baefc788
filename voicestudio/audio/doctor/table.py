"""Audio, doctor: every threshold of the verdict, in one table with its reason.

`usable`, `disappointing` and `unusable` say from where on a measure leads to that verdict; the
finding belongs to the worst one that is reached. None: it never gets that far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ..measures import Purpose


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a measure (by its name in `measures`) is a finding with this code."""

    code: str
    measure: str
    when: Literal["above", "below"]
    usable: float | None
    disappointing: float | None
    unusable: float | None
    reason: str
    purpose: Purpose | None = None  # None: for samples and prompt clips alike

    def severity(self, value: float | None) -> int:
        """0 nothing, 1 usable, 2 will disappoint, 3 cannot be used."""
        if value is None:
            return 0
        sign = 1 if self.when == "above" else -1
        reached = [
            place
            for place, bound in enumerate((self.usable, self.disappointing, self.unusable), 1)
            if bound is not None and sign * value > sign * bound
        ]
        return max(reached, default=0)


TABLE: Final = (
    Threshold(
        "silence", "sound_s", "below", None, None, 0.3,
        "Nothing in it is louder than -60 dBFS: no voice was recorded.",
    ),
    Threshold(
        "little_speech", "speech_s", "below", 6.0, 4.0, 1.0,
        "The provider wants ten seconds; of these a fluent speaker fills eight. Pauses teach "
        "nothing.", "voice_clone",
    ),
    Threshold(
        "little_speech", "speech_s", "below", 2.0, 1.0, 0.3,
        "A prompt clip shows how somebody speaks: that takes a few words.", "prompt_audio",
    ),
    Threshold(
        "silence", "silence_share", "above", 0.45, 0.75, None,
        "Fluent reading pauses for a fifth of the time; half of it is a recording left running.",
    ),
    Threshold(
        "silence", "longest_pause_s", "above", 4.0, None, None,
        "Nobody pauses so long in a sentence, and a clone copies the pace it hears.",
    ),
    Threshold(
        "silence", "silence_end_max_s", "above", 4.0, None, None,
        "Silent ends waste the seconds that are sent.",
    ),
    Threshold(
        "too_quiet", "average_dbfs", "below", -32.0, -42.0, None,
        "Speakers' sound engineers ask for -23 to -18 dB. Nine decibels below, the room and the "
        "device's own noise come up with the voice; at -42 they are half of it.",
    ),
    Threshold(
        "too_loud", "average_dbfs", "above", -12.0, -8.0, None,
        "Six decibels above -18 leave no room for a loud word: it is squeezed or cut off.",
    ),
    Threshold(
        "too_loud", "peak_dbfs", "above", 0.02, None, None,
        "Beyond full scale every player cuts the tops off.",
    ),
    Threshold(
        "clipped", "clipped_share", "above", 0.0002, 0.002, None,
        "One sample in 5,000 is a tick on some words; one in 500 is roughness on every word, "
        "which a clone learns as part of the voice.",
    ),
    Threshold(
        "noisy", "snr_worst_db", "below", 25.0, 14.0, None,
        "A quiet room gives 35 dB or more, in its noisiest ten seconds too. At 25 the noise is "
        "heard in pauses, at 14 under every word.",
    ),
    Threshold(
        "hum", "hum_below_speech_db", "below", 42.0, 26.0, None,
        "A hum that is 42 dB below the voice is heard with headphones, at 26 dB by everybody.",
    ),
    Threshold(
        "narrow_band", "bandwidth_hz", "below", 4600.0, 4200.0, None,
        "A telephone carries nothing above 3.4 to 4 kHz, where s, f and th live.",
    ),
    Threshold(
        "dead_channel", "channel_difference_db", "above", 35.0, None, None,
        "One side lies 35 dB below the other: it is a cable or a setting, never a voice. The "
        "other side is all right.",
    ),
    Threshold(
        "out_of_phase", "phase_correlation", "below", -0.5, -0.7, None,
        "Whoever makes one channel of two takes away what is opposite in them: the voice.",
    ),
    Threshold(
        "dropouts", "dropouts_a_minute", "above", 1.5, 12.0, None,
        "One gap may be a slip of the tool that measures; several are a bad connection.",
    ),
    Threshold(
        "dropouts", "clicks_a_minute", "above", 4.0, 40.0, None,
        "Lips click now and then; a click every few seconds comes from the machine.",
    ),
    Threshold(
        "echo", "echo_score", "above", 0.1, 0.25, None,
        "Dry recordings stay below 0.04 whoever speaks; 0.25 is a voice and its clear repetition.",
    ),
    Threshold(
        "echo", "decay_60_s", "above", 0.55, 0.9, None,
        "A living room falls silent in 0.4 s; 0.9 s is a stairwell, and the clone lives in it.",
    ),
    Threshold(
        "several_speakers", "voices_apart_semitones", "above", 5.0, None, None,
        "One person's phrases lie within two or three semitones of each other. Never more than "
        "usable: it may be an actor.",
    ),
    Threshold(
        "music", "music_share", "above", 0.6, None, None,
        "Notes that stay where they are for half a second, several at once. Speech reaches 0.26, "
        "music has 0.7 and more. Never more than usable: it may be a singer's hall.",
    ),
)  # fmt: skip

# What the table's measures rest on.
DIGITAL_SILENCE_DBFS: Final = -95.0  # no room is that quiet: a machine spoke, or a gate closed
HUM_HEARD_DBFS: Final = -68.0  # below, no hum is heard at any volume that the voice allows
ECHO_COMBS: Final = 0.08  # an echo favours some frequencies, among them multiples of the mains'
NO_COMB_DB: Final = 18.0  # above what is beside it, an echo lifts no frequency so far
SNR_SHOWN_DB: Final = 90.0  # more cannot be told apart from none
VOICES_COLOUR_DB: Final = 4.2  # two persons differ in colour too; one person's pitch does not
TAIL_FALL_DB: Final = 11.0  # in 0.1 s; dry speech falls by 24 and more at the ends of words
TAIL_RANGE_DB: Final = 16.0  # where the sound falls less than this in all, the room is not heard
TAIL_SHARE: Final = 0.45  # of that range; noise stops a fall at once, a room makes it slow
ADVISE_NOISE_REDUCTION: Final = frozenset({"noisy", "hum"})
ADVISE_VOLUME: Final = frozenset({"too_quiet"})
UNEVEN_LU: Final = 15.0  # loudness range; a person who reads stays below 10

WORST_S: Final = 3.0  # seconds that are played of a finding
