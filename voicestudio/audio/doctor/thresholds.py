"""Audio, doctor: every threshold of the verdict, in one table with its reason.

`usable`, `disappointing` and `unusable` are the values from which a metric leads to that verdict;
the worst one that is reached counts. None: the metric never leads to that verdict.
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Threshold:
    """The values from which a metric (see `metrics`) leads to a finding with this code."""

    code: str
    metric: str
    when: Literal["above", "below"]
    usable: float | None
    disappointing: float | None
    unusable: float | None
    reason: str
    purpose: str | None = None  # None: for samples and prompt clips alike

    def severity(self, value: float | None) -> int:
        """0 no finding, 1 usable, 2 will disappoint, 3 cannot be used."""
        if value is None:
            return 0
        sign = 1 if self.when == "above" else -1
        reached = [
            severity
            for severity, bound in enumerate((self.usable, self.disappointing, self.unusable), 1)
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
        "The provider needs ten seconds, of which a fluent speaker fills eight. Pauses add "
        "nothing.", "voice_clone",
    ),
    Threshold(
        "little_speech", "speech_s", "below", 2.0, 1.0, 0.3,
        "A prompt clip shows how somebody speaks, which takes a few words.", "prompt_audio",
    ),
    Threshold(
        "silence", "silence_share", "above", 0.45, 0.75, None,
        "Fluent reading pauses for a fifth of the time. With half of it, the recorder was left on.",
    ),
    Threshold(
        "silence", "longest_pause_s", "above", 4.0, None, None,
        "No sentence has such a long pause, and a clone copies the pace of the recording.",
    ),
    Threshold(
        "silence", "silence_end_max_s", "above", 4.0, None, None,
        "Silence at the ends wastes part of the allowed length.",
    ),
    Threshold(
        "too_quiet", "average_dbfs", "below", -32.0, -42.0, None,
        "Sound engineers aim at -23 to -18 dB for speech. Nine decibels lower, the noise of room "
        "and device is amplified with the voice; at -42 dB it is half of the signal.",
    ),
    Threshold(
        "too_loud", "average_dbfs", "above", -12.0, -8.0, None,
        "Six decibels above -18 leave no headroom: a loud word is compressed or clipped.",
    ),
    Threshold(
        "too_loud", "peak_dbfs", "above", 0.02, None, None,
        "A player clips every sample above full scale.",
    ),
    Threshold(
        "clipped", "clipped_share", "above", 0.0002, 0.002, None,
        "One clipped sample in 5,000 is audible on some words; one in 500 makes every word rough, "
        "and a clone copies that.",
    ),
    Threshold(
        "noisy", "snr_worst_db", "below", 25.0, 14.0, None,
        "A quiet room gives 35 dB or more, even in its noisiest ten seconds. At 25 dB the noise is "
        "audible in pauses, at 14 dB under every word.",
    ),
    Threshold(
        "hum", "hum_below_speech_db", "below", 48.0, 36.0, None,
        "Weighted as the ear hears it. A hum 48 dB below the voice is heard in pauses with "
        "headphones, 36 dB below with any speaker. Of 36 findings by level alone, 20 were "
        "inaudible.",
    ),
    Threshold(
        "narrow_band", "bandwidth_hz", "below", 4600.0, 4200.0, None,
        "A telephone transmits nothing above 3.4 to 4 kHz, where s, f and th are.",
    ),
    Threshold(
        "dead_channel", "channel_difference_db", "above", 35.0, None, None,
        "One side 35 dB below the other is caused by a cable or a setting, not by a voice. The "
        "other side is usable.",
    ),
    Threshold(
        "out_of_phase", "phase_correlation", "below", -0.5, -0.7, None,
        "If the two channels are mixed to one, their opposite parts cancel out: the voice.",
    ),
    Threshold(
        "dropouts", "dropouts_a_minute", "above", 1.5, 12.0, None,
        "A single gap may be a false detection; several mean a bad connection.",
    ),
    Threshold(
        "dropouts", "clicks_a_minute", "above", 4.0, 40.0, None,
        "Lips click now and then; a click every few seconds is a technical fault.",
    ),
    Threshold(
        "echo", "echo_score", "above", 0.1, 0.25, None,
        "Dry recordings of any voice stay below 0.04; 0.25 is a clearly audible repetition.",
    ),
    Threshold(
        "echo", "decay_60_s", "above", 0.55, 0.9, None,
        "A living room has 0.4 s; 0.9 s is a stairwell, and the clone sounds like being in it.",
    ),
    Threshold(
        "several_speakers", "voices_apart_semitones", "above", 5.0, None, None,
        "The phrases of one person differ by two or three semitones. Never worse than usable, "
        "because it may be an actor.",
    ),
    Threshold(
        "music", "music_share", "above", 0.6, None, None,
        "Several notes at once, steady for half a second. Speech reaches 0.26, music has 0.7 and "
        "more. Never worse than usable, because it may be singing with reverberation.",
    ),
)  # fmt: skip

# Limits that the computation of the metrics uses.
DIGITAL_SILENCE_DBFS: Final = -95.0  # below, the voice is synthetic or there is a noise gate
SNR_MAX_DB: Final = 90.0  # higher values mean that there is no noise
VOICES_TIMBRE_DB: Final = 4.2  # least difference of timbre between two persons
DECAY_MAX_DB: Final = 11.0  # in 0.1 s; dry speech falls by 24 dB and more at the ends of words
DECAY_RANGE_DB: Final = 16.0  # with a smaller range of levels, no decay is measurable
DECAY_SHARE: Final = 0.45  # of that range; a faster decay ends in the noise
ADVISE_NOISE_REDUCTION: Final = frozenset({"noisy", "hum"})
ADVISE_VOLUME: Final = frozenset({"too_quiet"})
UNEVEN_LU: Final = 15.0  # loudness range; that of read speech is below 10

WORST_S: Final = 3.0  # length of the place of a finding
