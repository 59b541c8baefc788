"""The defects have the size that the tables print."""

import numpy as np
import pytest

from tests.audio.doctor.synthetic_speech import RATE, Clip, speech_in_room
from tests.evaluation import channels, noises
from tests.evaluation.defects import DEFECTS, Defect, Material
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import (
    FRAME_S,
    Voice,
    a_weighted,
    active_frames,
    band_passed,
    bins_hz,
    level_voice,
    mean_db,
    speech_db,
)


@pytest.fixture(scope="module")
def voice() -> Clip:
    """Eight seconds of a synthetic voice at -20 dBFS."""
    return level_voice(speech_in_room("English", 8)[: 8 * RATE], RATE)


def material(voice: Voice) -> Material:
    chance = generator("test")
    others = [np.roll(voice, 5000 * number) for number in range(1, 7)]
    return Material(voice, RATE, chance, others=others, partner=voice[::-1].copy())


def defect(name: str, size: str) -> Defect:
    return next(each for each in DEFECTS if (each.name, each.size) == (name, size))


@pytest.mark.parametrize("kind", ["white", "pink", "street", "babble"])
def test_noise_of_20_db_is_20_db_below_the_speech(voice: Voice, kind: str) -> None:
    noisy = defect(f"noise {kind}", "20 dB").spoil(material(voice))

    assert speech_db(voice, RATE) - mean_db(noisy - voice) == pytest.approx(20, abs=0.05)


@pytest.mark.parametrize("name", ["hum 50 Hz", "hum 60 Hz", "buzz 50 Hz"])
def test_hum_of_40_db_is_40_db_below_the_speech_a_weighted(voice: Voice, name: str) -> None:
    hum = defect(name, "40 dB(A)").spoil(material(voice)) - voice

    speech = speech_db(a_weighted(voice, RATE), RATE)
    assert speech - mean_db(a_weighted(hum, RATE)) == pytest.approx(40, abs=0.1)


@pytest.mark.parametrize("percent", [0.1, 2.0])
def test_clipping_clips_its_share_of_samples(voice: Voice, percent: float) -> None:
    clipped = channels.clip_share(voice, percent / 100)

    share = float((np.abs(clipped) >= np.abs(clipped).max() * 0.9999).mean())
    assert share == pytest.approx(percent / 100, rel=0.02)


def test_low_pass_leaves_nothing_an_octave_above(voice: Voice) -> None:
    spectrum = np.abs(np.fft.rfft(band_passed(voice, RATE, 0, 4000))) ** 2
    hertz = bins_hz(len(voice), RATE)

    assert spectrum[hertz > 8000].sum() < 1e-4 * (np.abs(np.fft.rfft(voice)) ** 2).sum()


@pytest.mark.parametrize("decay_s", [0.25, 0.45, 0.9, 2.2])
def test_room_falls_by_60_db_in_its_reverberation_time(decay_s: float) -> None:
    response = channels.room_response(decay_s, 1.0, RATE, generator("room")).astype(np.float64)
    low = band_passed(response[1:].astype(np.float32), RATE, 0, 2000).astype(np.float64)
    left = np.cumsum(low[::-1] ** 2)[::-1]  # Schroeder's integral of the energy that is left
    left_db = 10 * np.log10(left / left[0] + 1e-12)
    start, end = (int(np.argmax(left_db < level)) for level in (-5, -25))

    assert 3 * (end - start) / RATE == pytest.approx(decay_s, rel=0.15)


def test_room_has_its_ratio_of_direct_sound() -> None:
    response = channels.room_response(0.9, 1.0, RATE, generator("room"))
    ratio = 10 * np.log10(response[0] ** 2 / (response[1:] ** 2).sum())

    assert ratio == pytest.approx(channels.direct_to_reverberant_db(0.9, 1.0), abs=0.1)
    # Ten decibels more from a third of the distance.
    near = channels.direct_to_reverberant_db(0.9, 0.3)
    assert near - channels.direct_to_reverberant_db(0.9, 1.0) == pytest.approx(10.46, abs=0.01)


def test_lost_packets_are_their_share_of_the_speech(voice: Voice) -> None:
    lost = channels.lose_packets(voice, RATE, 0.05, "zeroed", generator("loss"))
    size = round(0.02 * RATE)
    count = len(voice) // size
    silent = (lost[: count * size].reshape(count, size) == 0).all(axis=1)

    assert silent.sum() == pytest.approx(0.05 * active_frames(voice, RATE).sum(), abs=3)


def test_closed_up_packets_shorten_the_sound(voice: Voice) -> None:
    lost = channels.lose_packets(voice, RATE, 0.05, "closed up", generator("loss"))

    removed = (len(voice) - len(lost)) / (0.02 * RATE)
    assert removed == pytest.approx(0.05 * active_frames(voice, RATE).sum(), abs=3)


def test_voice_until_spoken_has_its_seconds_of_speech(voice: Voice) -> None:
    start = channels.until_spoken(voice, RATE, 3.0)

    assert FRAME_S * active_frames(start, RATE).sum() == pytest.approx(3.0, abs=0.3)


def test_same_names_make_the_same_sound(voice: Voice) -> None:
    first, second = (noises.street(RATE, RATE, generator("a", 1)) for _ in range(2))
    other = noises.street(RATE, RATE, generator("a", 2))

    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_every_defect_and_size_is_listed_once() -> None:
    names = [(each.name, each.size) for each in DEFECTS]

    assert len(set(names)) == len(names)
