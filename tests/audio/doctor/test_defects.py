"""Every defect leads to its finding at the right place, and to no other serious finding."""

import numpy as np
import pytest

from tests.audio.doctor import defects
from tests.audio.doctor.conftest import Check, codes
from tests.audio.doctor.synthetic_speech import (
    RATE,
    VOICES,
    add_room_noise,
    dry_speech,
    set_level,
    speech_in_room,
)
from voicestudio import words
from voicestudio.audio import Finding
from voicestudio.practice.speech import speak


@pytest.mark.parametrize("language", ["English", "French"])
@pytest.mark.parametrize("defect", defects.DEFECTS)
def test_only_the_defect_is_found(defect: str, language: str, check_sound: Check) -> None:
    names, add_defect = defects.DEFECTS[defect]
    expected, *related = names.split("|")

    report = check_sound(add_defect(speech_in_room(language)))

    assert expected in codes(report)
    assert codes(report) - {expected, *related} == set()
    assert report.verdict in {"usable", "disappointing"}


@pytest.mark.parametrize(
    ("defect", "noise_reason", "volume_reason"),
    [
        ("a loud fan", "noisy", ""),
        ("hum of 50 Hz", "hum", ""),
        ("very quiet", "", "too_quiet"),
        ("telephone", "", ""),
    ],
)
def test_advice_follows_from_the_findings(
    defect: str, noise_reason: str, volume_reason: str, check_sound: Check
) -> None:
    advice = check_sound(defects.DEFECTS[defect][1](speech_in_room("Spanish"))).advice

    assert advice.noise_reduction_because == noise_reason
    assert advice.volume_normalization_because == volume_reason
    assert advice.noise_reduction is bool(noise_reason)
    assert advice.volume_normalization is bool(volume_reason)


def test_loud_stuck_samples_are_not_clipping(check_sound: Check) -> None:
    sound = speech_in_room("French").copy()
    for second in range(1, 20, 2):
        at = second * RATE + int(np.argmax(np.abs(sound[second * RATE : (second + 1) * RATE])))
        sound[at : at + RATE // 50] = 0.9

    assert codes(check_sound(sound)) == {"dropouts"}


@pytest.mark.parametrize(("mains", "lines"), [(50, 1), (50, 3), (60, 3), (50, 50), (60, 40)])
@pytest.mark.parametrize("below_db", [30, 42])
def test_frequency_and_level_of_hum_are_measured(
    mains: int, lines: int, below_db: int, check_sound: Check
) -> None:
    # Most lines of a buzz are heard in pauses only, and the synthesizer makes few.
    pause = np.zeros(RATE // 2, np.float32)
    phrases = np.split(dry_speech("Portuguese"), 8)
    clip = add_room_noise(np.concatenate([part for phrase in phrases for part in (phrase, pause)]))

    metrics = check_sound(defects.hum(clip, mains, below_db, lines)).metrics

    assert metrics["hum_hz"] == mains
    assert metrics["hum_below_speech_db"] == pytest.approx(below_db, abs=2.5)


def test_hum_that_nobody_hears_is_no_finding(check_sound: Check) -> None:
    # It is only 18 dB softer than the voice, but as low as hum of 50 Hz is.
    sound = defects.hum(speech_in_room("English"), 50, 52, lines=1)

    assert check_sound(sound).verdict == "good"


def test_soft_hum_in_a_reverberant_room_is_no_finding(check_sound: Check) -> None:
    room = defects.reverberation(speech_in_room("English"), 1.0)

    soft, plain = (check_sound(defects.hum(room, 50, below_db)) for below_db in (42, 28))

    assert codes(soft) == {"echo"}
    assert codes(plain) == {"echo", "hum"}


def test_whistle_is_no_hum(check_sound: Check) -> None:
    clip = speech_in_room("German")
    whistle = 0.003 * np.sin(2 * np.pi * 1000 * np.arange(len(clip)) / RATE)

    assert check_sound(clip + whistle).metrics["hum_hz"] is None


@pytest.mark.parametrize("pitch", [100.0, 120.0])
def test_deep_voice_at_a_mains_frequency_is_no_hum(pitch: float, check_sound: Check) -> None:
    speech = speak(VOICES["Italian"][1], voice_id="deep", pitch_hz=pitch, language_boost="Italian")
    clip = np.frombuffer(speech.pcm, np.int16).astype(np.float32) / 32768

    report = check_sound(add_room_noise(set_level(np.tile(clip, 2))))

    assert report.metrics["hum_hz"] is None
    assert report.verdict == "good"


def test_gaps_and_clicks_are_two_findings(check_sound: Check) -> None:
    report = check_sound(defects.clicks(defects.dropouts(speech_in_room("German"))))

    assert codes(report) == {"dropouts", "clicks"}
    assert all(int(report.metrics[kind] or 0) > 1 for kind in ("dropouts", "clicks"))


@pytest.mark.parametrize(("count", "height"), [(3, 1.0), (14, 0.03)], ids=["few", "soft"])
def test_clicks_of_good_readers_are_no_finding(
    count: int, height: float, check_sound: Check
) -> None:
    clip = speech_in_room("German")
    clicks = defects.clicks(clip, count) - clip

    assert check_sound(clip + np.float32(height) * clicks).verdict == "good"


def test_level_alone_is_a_hint_that_keeps_the_verdict(check_sound: Check) -> None:
    report = check_sound(set_level(speech_in_room("English"), -37))

    (hint,) = report.findings
    assert (report.verdict, hint.code, hint.severity) == ("good", "too_quiet", 0)
    assert report.advice.volume_normalization_because == "too_quiet"
    text = words.describe_finding(hint.code, hint.value, severity=hint.severity)
    assert str(text.title) == "The voice is a little quiet."


def test_what_is_heard_best_comes_first(check_sound: Check) -> None:
    clip = speech_in_room("English")
    plain_hum = defects.hum(defects.telephone(clip), 50, 37)
    with_noise = defects.hum(defects.white_noise(clip, -40), 50, 30)

    orders = [[f.code for f in check_sound(sound).findings] for sound in (plain_hum, with_noise)]

    assert orders == [["narrow_band", "hum"], ["hum", "noisy"]]


@pytest.mark.parametrize(
    ("kind", "bit_rate", "severities"),
    [("mp3", 16_000, {2}), ("mp3", 32_000, {1}), ("m4a", 32_000, {1}), ("aac", 40_000, {1}),
     ("opus", 8_000, {2}), ("opus", 16_000, {1}), ("mp3", 48_000, set()), ("opus", 32_000, set())],
)  # fmt: skip
def test_strong_compression_is_named_from_the_stream(
    kind: str, bit_rate: int, severities: set[int], check_sound: Check
) -> None:
    rate = 24_000 if kind == "opus" else RATE
    report = check_sound(speech_in_room("English"), kind=kind, bit_rate=bit_rate, rate=rate)

    found = {f.severity for f in report.findings if f.code == "low_bit_rate"}
    assert found == severities
    assert report.metrics["bit_rate_kbps"] == pytest.approx(bit_rate / 1000, rel=0.15)


def test_bit_rate_of_adts_is_without_its_headers(check_sound: Check) -> None:
    clip = speech_in_room("English")

    adts, mp4 = (check_sound(clip, kind=kind, bit_rate=40_000).metrics for kind in ("aac", "m4a"))

    assert (adts["container"], mp4["container"]) == ("aac", "mov")
    assert adts["bit_rate_kbps"] == pytest.approx(mp4["bit_rate_kbps"], abs=0.2)


@pytest.mark.parametrize("language", ["English", "French"])
def test_verdict_of_every_part_is_that_of_the_whole(language: str, check_sound: Check) -> None:
    clip = defects.hum(speech_in_room(language, 60), 50, 52)

    verdicts = [check_sound(clip[start * RATE :][: 20 * RATE]).verdict for start in (0, 20, 40)]

    assert verdicts == ["good"] * 3


@pytest.mark.parametrize(
    "defect", ["clipped at the microphone", "a loud fan", "hum of 50 Hz", "drop-outs", "clicks"]
)
def test_place_of_a_finding_is_in_the_defective_half(defect: str, check_sound: Check) -> None:
    code, add_defect = defects.DEFECTS[defect]
    clip = speech_in_room("English", 36)
    sound = np.concatenate([clip[: 18 * RATE], add_defect(clip[18 * RATE :])])

    (finding,) = check_sound(sound).findings

    assert finding.code == code
    assert finding.from_s >= 16.5
    assert finding.to_s - finding.from_s == pytest.approx(3.0)


def test_place_of_silence_is_the_pause(check_sound: Check) -> None:
    (finding,) = check_sound(defects.with_silence(speech_in_room("Russian"))).findings

    assert finding.from_s == pytest.approx(7.0, abs=0.5)
    assert finding.to_s == pytest.approx(19.0, abs=0.5)


@pytest.mark.parametrize(("low", "high"), [("English", "French"), ("German", "Spanish")])
def test_two_alternating_voices_are_several_speakers(
    low: str, high: str, check_sound: Check
) -> None:
    pause = np.zeros(RATE // 3, np.float32)
    parts = []
    for start in range(0, 16, 4):
        language = low if start % 8 == 0 else high
        parts += [speech_in_room(language)[start * RATE : (start + 4) * RATE], pause]

    report = check_sound(add_room_noise(np.concatenate(parts)))

    assert codes(report) == {"several_speakers"}
    assert report.verdict == "usable"


def test_dead_channel_is_numbered_from_one(check_sound: Check) -> None:
    clip = speech_in_room("Hindi")

    left = check_sound(np.stack([0 * clip, clip])).metrics["dead_channel"]
    right = check_sound(np.stack([clip, 0 * clip])).metrics["dead_channel"]

    assert (left, right) == (1, 2)


@pytest.mark.parametrize("noise_db", [-90, -50])
def test_pauses_between_single_words_are_no_silence(check_sound: Check, noise_db: float) -> None:
    speech = speech_in_room("English")
    size = round(0.6 * RATE)
    words_and_pauses = [
        part
        for start in range(0, 18 * size, size)
        for part in (speech[start : start + size], defects.room_only(0.6))
    ]

    report = check_sound(defects.white_noise(np.concatenate(words_and_pauses), noise_db))

    assert "silence" not in codes(report)


def test_offset_is_no_clipping(check_sound: Check) -> None:
    speech = speech_in_room("English")[: 12 * RATE]
    still = np.zeros(3 * RATE, np.float32)
    quiet = still + np.float32(2**-15) * (np.arange(len(still)) // 7 % 3 == 0)
    sound = np.concatenate([speech, quiet, speech]) + np.float32(0.06)

    assert check_sound(sound).metrics["clipped_share"] == 0


def test_silence_is_unusable(check_sound: Check) -> None:
    report = check_sound(np.zeros(12 * RATE, np.float32))

    assert report.verdict == "unusable"
    assert report.findings == [Finding("silence", 0.0, 12.0, 0.0, 3)]


def test_noise_without_speech_is_unusable(check_sound: Check) -> None:
    report = check_sound(defects.white_noise(np.zeros(12 * RATE, np.float32), -30))

    assert report.verdict == "unusable"
    assert codes(report) == {"little_speech"}


def test_too_short_recording_is_unusable(check_sound: Check) -> None:
    report = check_sound(speech_in_room("English")[: 8 * RATE])

    assert report.verdict == "unusable"
    assert report.findings[0] == Finding("too_short", 0.0, 8.0, 8.0, 3)
