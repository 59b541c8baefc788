"""The independent measures that decide what a professional would call a clip."""

import numpy as np
import pytest

from tests.audio.doctor.synthetic_speech import RATE, Clip, speech_in_room
from tests.evaluation import noises
from tests.evaluation.clips import half_of
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import add_below_speech, band_passed, fitted, level_voice
from tests.evaluation.truth import bandwidth_hz, hum_below_db, measure_truth


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
