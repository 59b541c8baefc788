"""Metrics of exactly known sounds: tones, reference signals of the EBU, steps."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio import recordings
from tests.audio.doctor.conftest import Check
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio.doctor import analyzers
from voicestudio.audio.doctor.a_weights import a_weights
from voicestudio.audio.doctor.frames import read_frames
from voicestudio.audio.doctor.levels import Levels, split_into_steps
from voicestudio.audio.doctor.loudness import Loudness, LoudnessMeter
from voicestudio.audio.doctor.run import check
from voicestudio.audio.doctor.thresholds import TABLE
from voicestudio.audio.doctor.true_peak import TruePeakMeter
from voicestudio.audio.doctor.voice_signal import VoiceResampler
from voicestudio.audio.doctor.windows import SlidingWindows

Sound = NDArray[np.float32]


def tone(parts: list[tuple[float, float]], rate: int, channels: int = 2) -> Sound:
    """A tone of 1 kHz whose parts have these peak levels (dBFS) and lengths (s)."""
    levels = np.concatenate(
        [np.full(round(length * rate), 10 ** (db / 20)) for db, length in parts]
    )
    wave = levels * np.sin(2 * np.pi * 1000 * np.arange(len(levels)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def loudness(sound: Sound, rate: int) -> Loudness:
    """Measured in blocks of half a second."""
    meter = LoudnessMeter()
    for start in range(0, sound.shape[1], rate // 2):
        meter.add(sound[:, start : start + rate // 2], rate)
    return meter.result()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(-23.0, 20.0)], -23.0),
        ([(-33.0, 20.0)], -33.0),
        ([(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        ([(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
        ([(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ],
    ids=["steady", "soft", "relative gate", "both gates", "steps"],
)
def test_loudness_of_a_reference_signal_is_exact(
    parts: list[tuple[float, float]], lufs: float, rate: int
) -> None:
    # Source: EBU Tech 3341, table 1, signals 1 to 5.
    assert loudness(tone(parts, rate), rate).integrated == pytest.approx(lufs, abs=0.1)


def test_loudness_of_five_channels_is_exact() -> None:
    # Source: EBU Tech 3341, table 1, signal 6: left, right, centre and both surround channels.
    sound = np.concatenate([tone([(db, 20.0)], 48_000, 1) for db in (-28, -28, -24, -30, -30)])

    assert loudness(sound, 48_000).integrated == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([-20.0, -30.0], 10.0),
        ([-20.0, -15.0], 5.0),
        ([-40.0, -20.0], 20.0),
        ([-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ],
)
def test_range_of_a_reference_signal_is_exact(levels: list[float], expected: float) -> None:
    # Source: EBU Tech 3342, table 1, signals 1 to 4.
    measured = loudness(tone([(db, 20.0) for db in levels], 48_000), 48_000)

    assert measured.range == pytest.approx(expected, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros((1, 48_000), np.float32), 48_000) == Loudness(None, None)


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("level_db", [-6.0, -26.0, -46.0])
def test_levels_of_a_tone_are_exact(rate: int, level_db: float, check_sound: Check) -> None:
    metrics = check_sound(tone([(level_db, 11.0)], rate), kind="wavfloat", rate=rate).metrics

    assert metrics["peak_dbfs"] == pytest.approx(level_db, abs=0.1)
    assert metrics["true_peak_dbtp"] == pytest.approx(level_db, abs=0.1)
    assert metrics["average_dbfs"] == pytest.approx(level_db - 3.01, abs=0.1)
    assert metrics["duration_s"] == pytest.approx(11.0)


def test_true_peak_is_found_between_the_samples() -> None:
    # A quarter of the rate with a phase of 45 degrees: every sample is 3 dB below the peak.
    wave = np.sin(np.pi / 2 * np.arange(48_000) + np.pi / 4).astype(np.float32)
    peak = TruePeakMeter()

    peak.add(wave[None])

    assert 20 * np.log10(peak.highest) == pytest.approx(0.0, abs=0.05)


def test_offset_does_not_change_the_level(check_sound: Check) -> None:
    clip = speech_in_room("English")

    plain, moved = check_sound(clip).metrics, check_sound(clip + 0.1).metrics

    assert moved["dc_offset"] == pytest.approx(0.1, abs=0.001)
    assert moved["average_dbfs"] == pytest.approx(plain["average_dbfs"], abs=0.1)


def test_noise_is_measured_between_the_words(check_sound: Check) -> None:
    clip = speech_in_room("English")
    noise = np.random.default_rng(2).standard_normal(len(clip)).astype(np.float32)

    metrics = check_sound(clip + np.float32(10 ** (-40 / 20)) * noise).metrics

    assert metrics["noise_floor_dbfs"] == pytest.approx(-40, abs=1)
    assert metrics["snr_db"] == pytest.approx(18, abs=2)


def test_share_of_clipped_samples_is_measured(check_sound: Check) -> None:
    clip = speech_in_room("German")
    top = np.float32(0.3 * np.abs(clip).max())
    share = float((np.abs(clip) >= top).mean())

    metrics = check_sound(np.clip(clip, -top, top), kind="wavfloat").metrics

    assert metrics["clipped_share"] == pytest.approx(share, rel=0.15)


def test_pauses_and_ends_are_measured(check_sound: Check) -> None:
    clip = speech_in_room("Italian")
    quiet = np.zeros(2 * RATE, np.float32)

    metrics = check_sound(np.concatenate([quiet, clip[: 9 * RATE], quiet, quiet / 2])).metrics

    assert metrics["silence_start_s"] == pytest.approx(2.3, abs=0.2)
    assert metrics["silence_end_s"] == pytest.approx(4.0, abs=0.3)
    assert metrics["speech_s"] == pytest.approx(8.3, abs=0.5)


def test_frames_describe_every_50_ms(tmp_path: Path) -> None:
    clip = speech_in_room("Spanish")
    path = recordings.write(tmp_path / "x", clip[None], RATE)

    frames = read_frames(path, longest_s=60)

    assert (len(frames.speech), len(frames.rms_db), frames.bands.shape) == (400, 400, (400, 17))
    assert frames.duration_s == pytest.approx(20.0)
    assert frames.times(np.array([0, 1, 2, 400])) == pytest.approx([0.0, 0.05, 0.1, 20.0], abs=1e-4)
    assert 0.85 < frames.speech.mean() < 0.98
    assert not frames.speech[:4].any()
    assert frames.noise_db[10] == pytest.approx(-63, abs=4)


def test_resampling_does_not_depend_on_the_block_size() -> None:
    voice = speech_in_room("French")[: 3 * RATE]
    whole, parts = VoiceResampler(), VoiceResampler()

    at_once = np.concatenate([*whole.add(voice, RATE), *whole.finish()])
    in_parts = [
        part for at in range(0, len(voice), 777) for part in parts.add(voice[at : at + 777], RATE)
    ]
    assert np.array_equal(at_once, np.concatenate([*in_parts, *parts.finish()]))


def test_a_weighting_is_that_of_the_standard() -> None:
    # Source: IEC 61672-1, table 3.
    table = {50: -30.2, 100: -19.1, 500: -3.2, 1000: 0.0, 2500: 1.3, 8000: -1.1}

    measured = 10 * np.log10(a_weights(list(table)))

    assert measured == pytest.approx(list(table.values()), abs=0.1)


def test_windows_cover_all_samples() -> None:
    windows = SlidingWindows(4, 2)
    samples = np.arange(11, dtype=np.float32)

    rows = np.concatenate([windows.add(samples[:3]), windows.add(samples[3:]), windows.finish()])

    assert rows[:, 0].tolist() == [0, 2, 4, 6, 8]
    assert rows[-1].tolist() == [8, 9, 10, 0]


def test_every_threshold_has_a_value_and_a_reason() -> None:
    assert [line.code for line in TABLE if len(line.reason) < 40] == []
    assert [line.code for line in TABLE if not line.bounds] == []


def test_audibility_grows_with_the_value() -> None:
    line = next(line for line in TABLE if line.code == "hum")

    values = [50.0, 48.0, 42.0, 36.0, 20.0]

    assert [line.severity(value) for value in values] == [None, None, 1, 1, 2]
    assert [line.audibility(value) for value in values] == [1.0, 1.0, 1.5, 2.0, 2.5]


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 44_056])
def test_steps_start_at_their_times_at_every_rate(rate: int) -> None:
    levels = Levels()
    ramp = np.full((1, 31 * rate), 0.5, np.float32)
    ramp[:, 20 * rate : 20 * rate + rate // 20] = 1.0
    blocks = ((ramp[:, at : at + 7_001], rate) for at in range(0, ramp.shape[1], 7_001))

    for block, _ in split_into_steps(blocks):
        levels.add(block, rate)

    assert len(levels.power) == 620
    assert levels.step_times.at(np.array([400])) == pytest.approx([20.0], abs=0.0002)
    assert np.flatnonzero(levels.power > 0.9).tolist() == [400]
    assert levels.seconds == pytest.approx(31.0)


@pytest.mark.parametrize("level", [0.0, 0.1], ids=["digital silence", "offset"])
def test_analysis_of_a_constant_signal_is_given_up(
    level: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzers, "_CONSTANT_MAX_S", 20.0)
    sound = np.full((1, 8_000 * 60), level, np.float32)
    path = recordings.write(tmp_path / "x", sound, 8_000, kind="flac")

    report = check(path)

    assert report.verdict == "unusable"
    assert report.metrics["duration_s"] == pytest.approx(20, abs=2)


def test_speech_after_minutes_of_faint_noise_is_analyzed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzers, "_CONSTANT_MAX_S", 20.0)
    sound = np.zeros((1, 8_000 * 60), np.float32)
    sound[:, ::997] = 1 / 32_768
    sound[:, -8_000 * 20 :] = recordings.speech(20, 8_000)
    path = recordings.write(tmp_path / "x", sound, 8_000, kind="flac")

    assert check(path).metrics["duration_s"] == pytest.approx(60)
