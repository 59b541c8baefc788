"""Audio, doctor: every threshold of the verdict, in one table with its reason.

`usable`, `disappointing` and `unusable` are the values from which a metric leads to that verdict;
the worst one that is reached counts. None: the metric never leads to that verdict. From `hint` on
there is a finding that leaves the verdict as it is. The lines stand in the order in which a
listener notices the defects.
"""

from dataclasses import dataclass
from itertools import pairwise
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
    hint: float | None = None

    @property
    def bounds(self) -> list[tuple[int, float]]:
        """Each severity (see `results.Finding`) and the value from which it holds."""
        values = (self.hint, self.usable, self.disappointing, self.unusable)
        return [(severity, value) for severity, value in enumerate(values) if value is not None]

    def severity(self, value: float | None) -> int | None:
        """The severity of a finding with this value; None if there is no finding."""
        sign = 1 if self.when == "above" else -1
        reached = [
            severity
            for severity, bound in self.bounds
            if value is not None and sign * value > sign * bound
        ]
        return max(reached, default=None)

    def audibility(self, value: float) -> float:
        """How well a finding is heard: its severity, and the way (0 to 1) to the next one."""
        for (severity, bound), (_, worse) in pairwise(self.bounds):
            way = (value - bound) / (worse - bound)
            if way <= 1:
                return severity + max(0.0, way)
        return self.bounds[-1][0] + 0.5  # nothing worse is known


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
        "silence", "silence_share", "above", 0.5, 0.75, None,
        "Of pauses of `SILENCE_S` and more, which can be cut out. With more of them than speech, "
        "the recorder was left on.",
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
        "too_quiet", "average_dbfs", "below", -42.0, -54.0, None,
        "Sound engineers aim at -23 to -18 dB for speech. A lower level is raised without loss as "
        "long as the noise is low, which `noisy` judges: clips of -36 dB were 31 to 45 dB above "
        "it. From -42 dB on, what lossy formats leave out becomes audible, at -54 dB also the "
        "steps of 16 bits.", hint=-32.0,
    ),
    Threshold(
        "too_loud", "average_dbfs", "above", -9.0, -6.0, None,
        "Twelve decibels below full scale leave little headroom, but what is not clipped is "
        "lowered without loss. At -9 dB every loud word is limited or clipped.", hint=-12.0,
    ),
    Threshold(
        "too_loud", "peak_dbfs", "above", 1.0, None, None,
        "A player clips every sample above full scale. Lossy formats exceed it by a few tenths of "
        "a decibel in any loud recording, which is not heard.", hint=0.02,
    ),
    Threshold(
        "clipped", "clipped_share", "above", 0.0002, 0.002, None,
        "One clipped sample in 5,000 is audible on some words; one in 500 makes every word rough, "
        "and a clone copies that.",
    ),
    Threshold(
        "noisy", "snr_worst_db", "below", 28.0, 18.0, None,
        "A quiet room gives 35 dB or more, even in its noisiest twenty seconds. From 28 dB the "
        "noise is audible in pauses, from 18 dB under every word.",
    ),
    Threshold(
        "hum", "hum_below_speech_db", "below", 48.0, 36.0, None,
        "Weighted as the ear hears it. A hum 48 dB below the voice is heard in pauses with "
        "headphones, 36 dB below with any speaker. Of 36 findings by level alone, 20 were "
        "inaudible.",
    ),
    Threshold(
        "narrow_band", "highs_below_voice_db", "above", 50.0, 60.0, None,
        "0.2 to 2.35 kHz less 5.7 to 7.3 kHz, where s, f and th are. Wideband speech of any voice "
        "stays below 45 dB, a dull but accepted one reached 49.7; low-passed at 5 kHz it passes "
        "50, and telephones and Opus of 8 kbit/s reach 76 dB and more.",
    ),
    Threshold(
        "low_bit_rate", "bit_rate_share", "below", 0.95, 0.5, None,
        "Of `BIT_RATES_KBPS`. Below, an encoder leaves out parts of the voice, and a clone copies "
        "its gurgle. Encoders miss the rate that they were set to by a few percent.",
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
        "clicks", "clicks_a_minute", "above", 20.0, 60.0, None,
        "Accepted readers click with lips and tongue up to 15 times a minute. A click every three "
        "seconds is noticed, one a second is heard in every phrase.",
    ),
    Threshold(
        "echo", "echo_score", "above", 0.1, 0.25, None,
        "Dry recordings of any voice stay below 0.04; 0.25 is a clearly audible repetition.",
    ),
    Threshold(
        "echo", "decay_60_s", "above", 0.4, 0.7, None,
        "A living room at arm's length has 0.4 s and is heard in the clone; 0.7 s is an empty room "
        "or a stairwell, and the clone sounds like being in it.",
    ),
    Threshold(
        "several_speakers", "voices_apart_semitones", "above", 6.0, None, None,
        "Between the mean pitches of both voices. A man and a woman are 6 to 14 semitones apart; "
        "one person in two moods or roles is hardly ever 6, and then without another timbre. Two "
        "voices of one pitch are not found. Never worse than usable, because it may be an actor.",
    ),
    Threshold(
        "wind", "wind_share", "above", 0.12, 0.3, None,
        "The rumble of gusts is as loud as the voice for an eighth of the time; from a third on "
        "it covers whole sentences. Breath on the microphone stays below 0.05.",
    ),
    Threshold(
        "pumping", "noise_rise_db_a_second", "above", 6.0, None, None,
        "In three pauses of four. Gain that turns up by 12 dB reaches 9 dB a second and more; in "
        "other recordings of one voice, noise rises by less than 1 dB a second. Never worse than "
        "usable, because the words themselves are intact.",
    ),
    Threshold(
        "music", "music_share", "above", 0.17, None, None,
        "Share of the pauses, or of all soft moments, in which two notes are held, four in a room "
        "that rings. Hum, buzz and breath stay below 0.05, a crowd 10 dB below the voice below "
        "0.15; most music 20 dB below it has more. Never worse than usable, because it may be on "
        "purpose.",
    ),
)  # fmt: skip

# What each lossy codec needs to keep a voice. Sources: mp3, aac: measured on our corpus, where 48
# kbit/s sound like the original; opus: RFC 6716, section 2.1.1, "fullband speech" from 28 on,
# "wideband" up to 20; amr_wb: 3GPP TS 26.171, whose modes from 12.65 on are of high quality.
BIT_RATES_KBPS: Final = {
    "mp3": 48.0, "mp2": 64.0, "aac": 48.0, "vorbis": 40.0, "wmav1": 48.0, "wmav2": 48.0,
    "opus": 24.0, "amr_wb": 12.0,
}  # fmt: skip


def bit_rate_share(codec: str, kbps: float) -> float | None:
    """The bit rate as a share of what the codec needs; None for one that loses nothing."""
    needed = BIT_RATES_KBPS.get(codec)
    return round(kbps / needed, 3) if needed else None


def is_low_bit_rate(codec: str, kbps: float) -> bool:
    """Is this bit rate a finding?"""
    line = next(line for line in TABLE if line.code == "low_bit_rate")
    return line.severity(bit_rate_share(codec, kbps)) is not None


# Limits that the computation of the metrics uses.
DIGITAL_SILENCE_DBFS: Final = -95.0  # below, the voice is synthetic or there is a noise gate
CLICK_BELOW_SPEECH_DB: Final = 12.0  # softer clicks are covered by the voice
# Readers pause for up to 0.8 s between sentences, and so do lists of words after each word. Noise
# covers soft ends of words, so the share of all pauses would grow with it.
SILENCE_S: Final = 0.85
SNR_MAX_DB: Final = 90.0  # higher values mean that there is no noise
VOICES_TIMBRE_DB: Final = 2.2  # least difference of timbre between two persons
VOICES_APART_SPREADS: Final = 3.2  # one voice cut at its mean pitch is 2.6 of its spreads apart
# In 0.1 and 0.2 s; dry speech falls by 17 and 23 dB and more at the ends of words.
DECAY_MAX_DB: Final = (15.0, 21.0)
DECAY_RANGE_DB: Final = 16.0  # with a smaller range of levels, no decay is measurable
DECAY_SHARE: Final = (0.45, 0.5)  # of that range; a faster decay ends in the noise
ADVISE_NOISE_REDUCTION: Final = frozenset({"noisy", "hum"})
ADVISE_VOLUME: Final = frozenset({"too_quiet"})
UNEVEN_LU: Final = 15.0  # loudness range; that of read speech is below 10

WORST_S: Final = 3.0  # length of the place of a finding
