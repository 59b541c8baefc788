"""The independent measures that decide what a professional would call a clip."""

import numpy as np
import pytest

from tests.audio.doctor.synthetic_speech import RATE, Clip, speech_in_room
from tests.evaluation import channels, noises
from tests.evaluation.clips import half_of
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import add_below_speech, band_passed, fitted, level_voice
from tests.evaluation.truth import Truth, measure_truth
from tests.evaluation.truth_measures import (
    bandwidth_hz,
    clicks_a_minute,
    decay_60_s,
    hum_below_db,
    pause_share,
)


@pytest.fixture(scope="module")
def voice() -> Clip:
    return level_voice(speech_in_room("English", 8)[: 8 * RATE], RATE)


@pytest.mark.parametrize(("below_db", "acceptance"), [(40, "good"), (22, "usable")])
def test_noise_decides_what_is_accepted(voice: Clip, below_db: float, acceptance: str) -> None:
    noise = noises.coloured(len(voice), RATE, 1, generator("noise"))

    noisy = add_below_speech(voice, RATE, noise, below_db)
    assert measure_truth(noisy, RATE).acceptance == acceptance


def test_telephone_is_disappointing(voice: Clip) -> None:
    narrow = band_passed(voice, RATE, 300, 3400)

    assert measure_truth(narrow, RATE).acceptance == "disappointing"


@pytest.mark.parametrize("hertz", [3400, 5000])
def test_bandwidth_is_that_of_the_filter(voice: Clip, hertz: float) -> None:
    steep = np.fft.rfft(voice)
    steep[np.fft.rfftfreq(len(voice), 1 / RATE) > hertz] = 0

    filtered = np.fft.irfft(steep, len(voice)).astype(np.float32)
    assert bandwidth_hz(filtered, RATE) == pytest.approx(hertz, abs=150)


def test_half_of_a_person_never_changes() -> None:
    people = ["allison", "june", "carlo", "ivrvoiceru"]

    assert [half_of(person) for person in people] == ["tuning", "tuning", "judging", "tuning"]


def test_hum_is_measured_in_the_pauses(voice: Clip) -> None:
    tone = noises.hum(len(voice), RATE, 50, generator("hum"))
    still = np.concatenate([voice, np.zeros(RATE, np.float32)])
    pause = [[len(voice) / RATE, len(still) / RATE]]
    hum = fitted(tone, len(still))

    assert hum_below_db(still, RATE, pause) == 99
    humming = noises.add_a_weighted(still, RATE, hum, 40)
    assert hum_below_db(humming, RATE, pause) == pytest.approx(40, abs=1)


def test_hum_is_measured_in_quiet_frames_where_no_pause_is_known(voice: Clip) -> None:
    still = np.concatenate([voice, np.zeros(2 * RATE, np.float32)])
    tone = noises.hum(len(still), RATE, 50, generator("hum"))

    humming = noises.add_a_weighted(still, RATE, tone, 40)
    assert hum_below_db(humming, RATE, ()) == pytest.approx(40, abs=1)


@pytest.mark.parametrize("decay_s", [0.45, 0.9])
def test_reverberation_is_that_of_the_room(voice: Clip, decay_s: float) -> None:
    paused = _with_pauses(voice)
    wet = channels.in_room(paused, RATE, decay_s, 1.0, generator("room"))

    assert decay_60_s(wet, RATE) == pytest.approx(decay_s, rel=0.25)


def test_dry_voice_has_no_reverberation(voice: Clip) -> None:
    assert decay_60_s(_with_pauses(voice), RATE) < 0.3


def test_pauses_count_as_pauses(voice: Clip) -> None:
    before = pause_share(voice, RATE) * len(voice)
    longer = np.concatenate([voice, np.zeros(len(voice), np.float32)])

    after = pause_share(longer, RATE) * len(longer)
    assert after - before == pytest.approx(len(voice), rel=0.05)


def test_clicks_are_counted_where_no_word_covers_them(voice: Clip) -> None:
    still = np.concatenate([voice, np.zeros(10 * RATE, np.float32)])
    for second in range(10):
        still[len(voice) + second * RATE + 100] = 0.3

    added = clicks_a_minute(still, RATE) * 18 - clicks_a_minute(voice, RATE) * 8
    assert added == pytest.approx(10 * 60, rel=0.1)


@pytest.mark.parametrize(
    ("measure", "value", "acceptance"),
    [
        ("decay_60_s", 0.5, "usable"),
        ("decay_60_s", 0.8, "disappointing"),
        ("pause_share", 0.6, "usable"),
        ("clicks_a_minute", 90, "usable"),
        ("level_dbfs", -10, "usable"),
        ("hum_below_db", 40, "usable"),
    ],
)
def test_worst_measure_decides(measure: str, value: float, acceptance: str) -> None:
    facts = {
        "snr_a_db": 50.0, "bandwidth_hz": 8000.0, "clipped_share": 0.0, "level_dbfs": -20.0,
        "pitch_hz": 120.0, "hum_below_db": 99.0, "decay_60_s": 0.2, "pause_share": 0.2,
        "clicks_a_minute": 5.0,
    }  # fmt: skip

    assert Truth(**facts).acceptance == "good"
    truth = Truth(**facts | {measure: value})
    assert (truth.acceptance, truth.faults) == (acceptance, [measure])


def _with_pauses(voice: Clip) -> Clip:
    """The voice in pieces with room between them for their decay."""
    still = np.zeros(RATE, np.float32)
    return np.concatenate([part for piece in np.array_split(voice, 5) for part in (piece, still)])
