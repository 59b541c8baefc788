"""Every defect has its name and its place, and brings no other serious name with it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.doctor import spoiling
from tests.audio.doctor.conftest import Examine, codes
from tests.audio.doctor.spoken import RATE, VOICES, in_a_room, levelled, with_room
from voicestudio import words
from voicestudio.audio.doctor import Finding
from voicestudio.practice.speech import speak


@pytest.mark.parametrize("language", ["English", "French"])
@pytest.mark.parametrize("defect", spoiling.DEFECTS)
def test_defect_is_named_and_nothing_else_is(defect: str, language: str, judged: Examine) -> None:
    names, spoil = spoiling.DEFECTS[defect]
    wanted, *related = names.split("|")

    found = judged(spoil(in_a_room(language)))

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
    defect: str, reason: tuple[str, str], judged: Examine
) -> None:
    advice = judged(spoiling.DEFECTS[defect][1](in_a_room("Spanish"))).advice

    assert (advice.noise_reduction_because, advice.volume_normalization_because) == reason
    assert (advice.noise_reduction, advice.volume_normalization) == (
        bool(reason[0]),
        bool(reason[1]),
    )


def test_loud_sample_that_sticks_is_not_called_clipped(judged: Examine) -> None:
    sound = in_a_room("French").copy()
    for second in range(1, 20, 2):
        at = second * RATE + int(np.argmax(np.abs(sound[second * RATE : (second + 1) * RATE])))
        sound[at : at + RATE // 50] = 0.9

    assert codes(judged(sound)) == {"dropouts"}


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_told_by_its_frequency_and_level(mains: int, judged: Examine) -> None:
    measures = judged(spoiling.hum(in_a_room("Portuguese"), mains, -42)).measures

    assert measures["hum_hz"] == mains
    assert measures["hum_db"] == pytest.approx(-42, abs=3)  # the voice hides some of its lines


@pytest.mark.parametrize("pitch", [100.0, 120.0])
def test_deep_voice_on_the_harmonics_of_the_mains_is_no_hum(pitch: float, judged: Examine) -> None:
    said = speak(VOICES["Italian"][1], voice_id="deep", pitch_hz=pitch, language_boost="Italian")
    words = np.frombuffer(said.pcm, np.int16).astype(np.float32) / 32768

    found = judged(with_room(levelled(np.tile(words, 2))))

    assert found.measures["hum_hz"] is None
    assert found.verdict == "good"


def test_gaps_and_clicks_are_one_finding_that_names_both(judged: Examine) -> None:
    found = judged(spoiling.clicks(spoiling.dropouts(in_a_room("German"))))

    assert codes(found) == {"dropouts"}
    assert all(int(found.measures[kind] or 0) > 1 for kind in ("dropouts", "clicks"))
    assert str(words.describe_finding("dropouts").what) == (
        "The sound breaks off or clicks in several places."
    )


def half(spoil: str) -> tuple[spoiling.Sound, float]:
    """A clip whose second half is spoiled, and where that begins (s)."""
    clip = in_a_room("English", 36)
    bad = spoiling.DEFECTS[spoil][1](clip[18 * RATE :])
    return np.concatenate([clip[: 18 * RATE], bad]), 18.0


@pytest.mark.parametrize(
    "defect", ["clipped at the microphone", "a loud fan", "hum of 50 Hz", "drop-outs", "clicks"]
)
def test_worst_three_seconds_lie_in_the_spoiled_half(defect: str, judged: Examine) -> None:
    sound, start = half(defect)

    (finding,) = judged(sound).findings

    assert finding.code == spoiling.DEFECTS[defect][0]
    assert finding.from_s >= start - 1.5
    assert finding.to_s - finding.from_s == pytest.approx(3.0)


def test_silence_is_placed_where_nobody_speaks(judged: Examine) -> None:
    (finding,) = judged(spoiling.with_silence(in_a_room("Russian"))).findings

    assert finding.from_s == pytest.approx(7.0, abs=0.5)
    assert finding.to_s == pytest.approx(19.0, abs=0.5)


@pytest.mark.parametrize(("low", "high"), [("English", "French"), ("German", "Spanish")])
def test_two_voices_in_turns_may_be_several_speakers(low: str, high: str, judged: Examine) -> None:
    pause = np.zeros(RATE // 3, np.float32)
    parts = []
    for start in range(0, 16, 4):
        who = low if start % 8 == 0 else high
        parts += [in_a_room(who)[start * RATE : (start + 4) * RATE], pause]

    found = judged(with_room(np.concatenate(parts)))

    assert codes(found) == {"several_speakers"}
    assert found.verdict == "usable"


def test_dead_side_is_told_by_its_number(judged: Examine) -> None:
    clip = in_a_room("Hindi")

    left = judged(np.stack([0 * clip, clip])).measures["dead_channel"]
    right = judged(np.stack([clip, 0 * clip])).measures["dead_channel"]

    assert (left, right) == (1, 2)


def test_nothing_but_silence_cannot_be_used(judged: Examine) -> None:
    found = judged(np.zeros(12 * RATE, np.float32))

    assert found.verdict == "unusable"
    assert found.findings == [Finding("silence", 0.0, 12.0, 0.0, 3)]


def test_nothing_but_noise_holds_no_speech(judged: Examine) -> None:
    found = judged(spoiling.white_noise(np.zeros(12 * RATE, np.float32), -30))

    assert found.verdict == "unusable"
    assert codes(found) == {"little_speech"}


def test_length_decides_for_each_purpose(judged: Examine) -> None:
    clip = in_a_room("English")

    found = judged(clip[: 8 * RATE])

    assert found.verdict == "unusable"
    assert found.findings[0] == Finding("too_short", 0.0, 8.0, 8.0, 3)
