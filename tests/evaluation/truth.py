"""What a professional would call a clip, from measures that share no code with our check.

No bound here was derived from what the check says; each has a reason of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.evaluation import truth_measures as measures
from tests.evaluation.sounds import Voice, speech_db

Acceptance = Literal["good", "usable", "disappointing"]


@dataclass(frozen=True, slots=True)
class Truth:
    """The measures of a clean clip."""

    snr_a_db: float
    bandwidth_hz: float
    clipped_share: float
    level_dbfs: float
    pitch_hz: float
    hum_below_db: float  # A-weighted; 99 for none
    decay_60_s: float  # 0 for unknown
    pause_share: float
    clicks_a_minute: float

    @property
    def acceptance(self) -> Acceptance:
        """What follows from the worst measure."""
        if any(bound.is_passed(self, bound.disappointing) for bound in BOUNDS):
            return "disappointing"
        return "usable" if self.faults else "good"

    @property
    def faults(self) -> list[str]:
        """The measures that make the clip worse than good."""
        return [bound.measure for bound in BOUNDS if bound.is_passed(self, bound.usable)]

    @property
    def sex(self) -> str:
        """By the pitch: "f", "m", or "" between them."""
        if self.pitch_hz > 175:
            return "f"
        return "m" if 0 < self.pitch_hz < 145 else ""


@dataclass(frozen=True, slots=True)
class Bound:
    """From which value of a measure on a clip is only usable, or disappointing."""

    measure: str
    when: Literal["above", "below"]
    usable: float
    disappointing: float | None = None

    def is_passed(self, truth: Truth, value: float | None) -> bool:
        """Is the measure of this clip beyond the value?"""
        if value is None:
            return False
        measured = float(getattr(truth, self.measure))
        return measured > value if self.when == "above" else measured < value


BOUNDS: Final = (
    # Audio books ask for noise 40 dB below the voice unweighted, of which most is rumble that
    # nobody hears. A-weighted, 30 dB are a quiet living room and 18 dB a busy office.
    Bound("snr_a_db", "below", 30.0, 18.0),
    # s and f have most of their sound above 5 kHz; telephones end at 3.4 kHz.
    Bound("bandwidth_hz", "below", 5500.0, 4300.0),
    # Five samples in 10,000: a few peaks in each second of speech. Fifty: all loud words.
    Bound("clipped_share", "above", 0.0005, 0.005),
    # Broadcasters aim at -23 LUFS and streaming services at -14; louder speech was limited hard.
    Bound("level_dbfs", "above", -12.0),
    # With headphones, the softest hum that is heard in pauses.
    Bound("hum_below_db", "below", 48.0),
    # EBU Tech 3276 asks for at most 0.4 s in rooms where sound is judged, ANSI S12.60 for at most
    # 0.7 s in the largest classroom.
    Bound("decay_60_s", "above", 0.4, 0.7),
    # People who speak freely, with hesitations, pause for up to half of the time; a recording with
    # more silence than speech is a list, or its recorder was left on.
    Bound("pause_share", "above", 0.5),
    # One a second: a click in every phrase. Clean readers have up to 50 pulses of this kind, most
    # of them releases of stops.
    Bound("clicks_a_minute", "above", 60.0),
)


def measure_truth(
    voice: Voice, rate: int, pauses_s: Sequence[Sequence[float]] = (), full_scale_share: float = 0.0
) -> Truth:
    """All measures of a clip.

    `pauses_s`: places that certainly have no speech, in seconds. `full_scale_share`: of the
    samples, before the level of the clip was lowered.
    """
    return Truth(
        snr_a_db=round(measures.snr_a_db(voice, rate), 1),
        bandwidth_hz=round(measures.bandwidth_hz(voice, rate)),
        clipped_share=round(max(measures.clipped_share(voice), full_scale_share), 6),
        level_dbfs=round(speech_db(voice, rate), 1),
        pitch_hz=round(measures.pitch_hz(voice, rate), 1),
        hum_below_db=round(measures.hum_below_db(voice, rate, pauses_s), 1),
        decay_60_s=round(measures.decay_60_s(voice, rate), 2),
        pause_share=round(measures.pause_share(voice, rate), 3),
        clicks_a_minute=round(measures.clicks_a_minute(voice, rate)),
    )
