"""Every defect has its name and its place, and brings no other serious name with it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.doctor import defects
from tests.audio.doctor.conftest import Check, codes
from tests.audio.doctor.synthetic_speech import (
    RATE,
    VOICES,
    add_room_noise,
    set_level,
    speech_in_room,
)
from voicestudio import words
from voicestudio.audio import Finding
from voicestudio.practice.speech import speak


@pytest.mark.parametrize("language", ["English", "French"])
@pytest.mark.parametrize("defect", defects.DEFECTS)
def test_defect_is_named_and_nothing_else_is(
    defect: str, language: str, check_sound: Check
) -> None:
    names, spoil = defects.DEFECTS[defect]
    wanted, *related = names.split("|")

    found = check_sound(spoil(speech_in_room(language)))

    assert wanted in codes(found)
    assert codes(found) - {wanted, *related} == set()
    assert found.verdict in {"usable", "disappointing"}


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ("a loud fan", ("noisy", "")),
        ("hum of 50 Hz", ("hum", "")),
        ("very quiet", ("", "too_quiet")),
        ("telephone", ("", "")),
    ],
)
def test_advice_follows_from_the_findings(
    defect: str, reason: tuple[str, str], check_sound: Check
) -> None:
    advice = check_sound(defects.DEFECTS[defect][1](speech_in_room("Spanish"))).advice

    assert (advice.noise_reduction_because, advice.volume_normalization_because) == reason
    assert (advice.noise_reduction, advice.volume_normalization) == (
        bool(reason[0]),
        bool(reason[1]),
    )


def test_loud_sample_that_sticks_is_not_called_clipped(check_sound: Check) -> None:
    sound = speech_in_room("French").copy()
    for second in range(1, 20, 2):
        at = second * RATE + int(np.argmax(np.abs(sound[second * RATE : (second + 1) * RATE])))
        sound[at : at + RATE // 50] = 0.9

    assert codes(check_sound(sound)) == {"dropouts"}


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_told_by_its_frequency_and_level(mains: int, check_sound: Check) -> None:
    metrics = check_sound(defects.hum(speech_in_room("Portuguese"), mains, -42)).metrics

    assert metrics["hum_hz"] == mains
    assert metrics["hum_db"] == pytest.approx(-42, abs=3)  # the voice hides some of its lines


@pytest.mark.parametrize("pitch", [100.0, 120.0])
def test_deep_voice_on_the_harmonics_of_the_mains_is_no_hum(
    pitch: float, check_sound: Check
) -> None:
    said = speak(VOICES["Italian"][1], voice_id="deep", pitch_hz=pitch, language_boost="Italian")
    words = np.frombuffer(said.pcm, np.int16).astype(np.float32) / 32768

    found = check_sound(add_room_noise(set_level(np.tile(words, 2))))

    assert found.metrics["hum_hz"] is None
    assert found.verdict == "good"


def test_gaps_and_clicks_are_one_finding_that_names_both(check_sound: Check) -> None:
    found = check_sound(defects.clicks(defects.dropouts(speech_in_room("German"))))

    assert codes(found) == {"dropouts"}
    assert all(int(found.metrics[kind] or 0) > 1 for kind in ("dropouts", "clicks"))
    title = str(words.describe_finding("dropouts").title)
    assert ("dropouts" in title, "clicks" in title) == (True, True)


def half(spoil: str) -> tuple[defects.Sound, float]:
    """A clip whose second half is spoiled, and where that begins (s)."""
    clip = speech_in_room("English", 36)
    bad = defects.DEFECTS[spoil][1](clip[18 * RATE :])
    return np.concatenate([clip[: 18 * RATE], bad]), 18.0


@pytest.mark.parametrize(
    "defect", ["clipped at the microphone", "a loud fan", "hum of 50 Hz", "drop-outs", "clicks"]
)
def test_worst_three_seconds_lie_in_the_spoiled_half(defect: str, check_sound: Check) -> None:
    sound, start = half(defect)

    (finding,) = check_sound(sound).findings

    assert finding.code == defects.DEFECTS[defect][0]
    assert finding.from_s >= start - 1.5
    assert finding.to_s - finding.from_s == pytest.approx(3.0)


def test_silence_is_placed_where_nobody_speaks(check_sound: Check) -> None:
    (finding,) = check_sound(defects.with_silence(speech_in_room("Russian"))).findings

    assert finding.from_s == pytest.approx(7.0, abs=0.5)
    assert finding.to_s == pytest.approx(19.0, abs=0.5)


@pytest.mark.parametrize(("low", "high"), [("English", "French"), ("German", "Spanish")])
def test_two_voices_in_turns_may_be_several_speakers(
    low: str, high: str, check_sound: Check
) -> None:
    pause = np.zeros(RATE // 3, np.float32)
    parts = []
    for start in range(0, 16, 4):
        who = low if start % 8 == 0 else high
        parts += [speech_in_room(who)[start * RATE : (start + 4) * RATE], pause]

    found = check_sound(add_room_noise(np.concatenate(parts)))

    assert codes(found) == {"several_speakers"}
    assert found.verdict == "usable"


def test_dead_side_is_told_by_its_number(check_sound: Check) -> None:
    clip = speech_in_room("Hindi")

    left = check_sound(np.stack([0 * clip, clip])).metrics["dead_channel"]
    right = check_sound(np.stack([clip, 0 * clip])).metrics["dead_channel"]

    assert (left, right) == (1, 2)


def test_nothing_but_silence_cannot_be_used(check_sound: Check) -> None:
    found = check_sound(np.zeros(12 * RATE, np.float32))

    assert found.verdict == "unusable"
    assert found.findings == [Finding("silence", 0.0, 12.0, 0.0, 3)]


def test_nothing_but_noise_holds_no_speech(check_sound: Check) -> None:
    found = check_sound(defects.white_noise(np.zeros(12 * RATE, np.float32), -30))

    assert found.verdict == "unusable"
    assert codes(found) == {"little_speech"}


def test_length_decides_for_each_purpose(check_sound: Check) -> None:
    clip = speech_in_room("English")

    found = check_sound(clip[: 8 * RATE])

    assert found.verdict == "unusable"
    assert found.findings[0] == Finding("too_short", 0.0, 8.0, 8.0, 3)
