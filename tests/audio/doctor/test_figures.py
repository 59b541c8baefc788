"""Figures of sounds whose figures are known: tones, EBU's reference signals, steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio import recordings
from tests.audio.doctor.conftest import Examine
from tests.audio.doctor.spoken import RATE, in_a_room
from voicestudio.audio import examine
from voicestudio.audio.doctor import frames as framing
from voicestudio.audio.doctor import hearing
from voicestudio.audio.doctor.levels import Levels, in_steps
from voicestudio.audio.doctor.loudness import Loudness, Meter
from voicestudio.audio.doctor.table import TABLE
from voicestudio.audio.doctor.truepeak import TruePeak
from voicestudio.audio.doctor.voice import Resampled, Windows

Sound = NDArray[np.float32]


def tone(parts: list[tuple[float, float]], rate: int, channels: int = 2) -> Sound:
    """1 kHz; each part has its peak level (dBFS) and its length (s)."""
    levels = np.concatenate(
        [np.full(round(length * rate), 10 ** (db / 20)) for db, length in parts]
    )
    wave = levels * np.sin(2 * np.pi * 1000 * np.arange(len(levels)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def loudness(sound: Sound, rate: int) -> Loudness:
    """By the doctor's meter, in blocks."""
    meter = Meter()
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
def test_loudness_is_that_of_the_reference_signal(
    parts: list[tuple[float, float]], lufs: float, rate: int
) -> None:
    # Source: EBU Tech 3341, table 1, signals 1 to 5.
    assert loudness(tone(parts, rate), rate).integrated == pytest.approx(lufs, abs=0.1)


def test_loudness_of_five_channels_is_that_of_the_reference_signal() -> None:
    # Source: EBU Tech 3341, table 1, signal 6: left, right, centre and both behind.
    sound = np.concatenate([tone([(db, 20.0)], 48_000, 1) for db in (-28, -28, -24, -30, -30)])

    assert loudness(sound, 48_000).integrated == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "spread"),
    [
        ([-20.0, -30.0], 10.0),
        ([-20.0, -15.0], 5.0),
        ([-40.0, -20.0], 20.0),
        ([-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ],
)
def test_loudness_range_is_that_of_the_reference_signal(levels: list[float], spread: float) -> None:
    # Source: EBU Tech 3342, table 1, signals 1 to 4.
    found = loudness(tone([(db, 20.0) for db in levels], 48_000), 48_000)

    assert found.range == pytest.approx(spread, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros((1, 48_000), np.float32), 48_000) == Loudness(None, None)


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("level_db", [-6.0, -26.0, -46.0])
def test_tone_is_measured_within_a_tenth(rate: int, level_db: float, judged: Examine) -> None:
    measures = judged(tone([(level_db, 11.0)], rate), kind="wavfloat", rate=rate).measures

    assert measures["peak_dbfs"] == pytest.approx(level_db, abs=0.1)
    assert measures["true_peak_dbtp"] == pytest.approx(level_db, abs=0.1)
    assert measures["average_dbfs"] == pytest.approx(level_db - 3.01, abs=0.1)
    assert measures["duration_s"] == pytest.approx(11.0)


def test_true_peak_lies_between_the_samples() -> None:
    # A quarter of the rate, 45 degrees late: every sample is 3 dB below the crest.
    wave = np.sin(np.pi / 2 * np.arange(48_000) + np.pi / 4).astype(np.float32)
    peak = TruePeak()

    peak.add(wave[None])

    assert 20 * np.log10(peak.highest) == pytest.approx(0.0, abs=0.05)


def test_offset_is_measured_and_is_no_level(judged: Examine) -> None:
    clip = in_a_room("English")

    plain, moved = judged(clip).measures, judged(clip + 0.1).measures

    assert moved["dc_offset"] == pytest.approx(0.1, abs=0.001)
    assert moved["average_dbfs"] == pytest.approx(plain["average_dbfs"], abs=0.1)


@pytest.mark.parametrize("top_hz", [3_400, 5_000, 8_000])
def test_bandwidth_is_where_the_voice_ends(top_hz: int, judged: Examine) -> None:
    clip = in_a_room("English")
    spectrum = np.fft.rfft(clip)
    spectrum[np.fft.rfftfreq(len(clip), 1 / RATE) > top_hz] = 0

    measures = judged(np.fft.irfft(spectrum, len(clip)).astype(np.float32)).measures

    assert measures["bandwidth_hz"] == pytest.approx(top_hz, abs=200)


def test_noise_is_measured_between_the_words(judged: Examine) -> None:
    clip = in_a_room("English")
    noise = np.random.default_rng(2).standard_normal(len(clip)).astype(np.float32)

    measures = judged(clip + np.float32(10 ** (-40 / 20)) * noise).measures

    # Of white noise up to 11 kHz, 95 Hz to 7.3 kHz hold 1.9 dB less.
    assert measures["noise_floor_dbfs"] == pytest.approx(-41.9, abs=1.5)
    assert measures["snr_db"] == pytest.approx(20, abs=2)


def test_share_of_clipped_samples_is_known(judged: Examine) -> None:
    clip = in_a_room("German")
    top = np.float32(0.3 * np.abs(clip).max())
    share = float((np.abs(clip) >= top).mean())

    measures = judged(np.clip(clip, -top, top), kind="wavfloat").measures

    assert measures["clipped_share"] == pytest.approx(share, rel=0.15)


def test_pauses_and_ends_are_measured(judged: Examine) -> None:
    clip = in_a_room("Italian")
    quiet = np.zeros(2 * RATE, np.float32)

    measures = judged(np.concatenate([quiet, clip[: 9 * RATE], quiet, quiet / 2])).measures

    assert measures["silence_start_s"] == pytest.approx(2.3, abs=0.2)
    assert measures["silence_end_s"] == pytest.approx(4.0, abs=0.3)
    assert measures["speech_s"] == pytest.approx(8.3, abs=0.5)


def test_frames_tell_of_each_50_ms(tmp_path: Path) -> None:
    clip = in_a_room("Spanish")
    path = recordings.write(tmp_path / "x", clip[None], RATE)

    seen = framing.frames(path)

    assert (len(seen.speech), len(seen.rms_db), seen.bands.shape) == (400, 400, (400, 17))
    assert seen.duration_s == pytest.approx(20.0)
    assert seen.times(np.array([0, 1, 2, 400])) == pytest.approx([0.0, 0.05, 0.1, 20.0], abs=1e-4)
    assert 0.85 < seen.speech.mean() < 0.98
    assert not seen.speech[:4].any()
    assert seen.noise_db[10] == pytest.approx(-63, abs=4)


def test_result_does_not_depend_on_the_size_of_blocks() -> None:
    voice = in_a_room("French")[: 3 * RATE]
    whole, parts = Resampled(), Resampled()

    once = np.concatenate([*whole.add(voice, RATE), *whole.rest()])
    often = [
        part for at in range(0, len(voice), 777) for part in parts.add(voice[at : at + 777], RATE)
    ]
    again = np.concatenate([*often, *parts.rest()])

    assert np.array_equal(once, again)


def test_windows_leave_nothing_out() -> None:
    windows = Windows(4, 2)
    samples = np.arange(11, dtype=np.float32)

    rows = np.concatenate([windows.add(samples[:3]), windows.add(samples[3:]), windows.rest()])

    assert rows[:, 0].tolist() == [0, 2, 4, 6, 8]
    assert rows[-1].tolist() == [8, 9, 10, 0]


def test_every_threshold_says_why() -> None:
    assert [line.code for line in TABLE if len(line.reason) < 40] == []
    assert [line.code for line in TABLE if line.usable == line.disappointing == line.unusable] == []


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 44_056])
def test_steps_keep_time_at_every_rate(rate: int) -> None:
    levels = Levels()
    ramp = np.full((1, 31 * rate), 0.5, np.float32)
    ramp[:, 20 * rate : 20 * rate + rate // 20] = 1.0
    blocks = ((ramp[:, at : at + 7_001], rate) for at in range(0, ramp.shape[1], 7_001))

    for block, _ in in_steps(blocks):
        levels.add(block, rate)

    assert len(levels.power) == 620
    assert levels.clock.at(np.array([400])) == pytest.approx([20.0], abs=0.0002)
    assert np.flatnonzero(levels.power > 0.9).tolist() == [400]
    assert levels.seconds == pytest.approx(31.0)


@pytest.mark.parametrize("level", [0.0, 0.1], ids=["digital silence", "nothing but an offset"])
def test_hours_of_nothing_are_not_heard_out(
    level: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "_PATIENCE_S", 20.0)
    sound = np.full((1, 8_000 * 60), level, np.float32)
    path = recordings.write(tmp_path / "x", sound, 8_000, kind="flac")

    found = examine(path)

    assert found.verdict == "unusable"
    assert found.measures["duration_s"] == pytest.approx(20, abs=1)


def test_whoever_speaks_after_minutes_of_noise_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least bit that moves is no nothing: somebody may still begin."""
    monkeypatch.setattr(hearing, "_PATIENCE_S", 20.0)
    sound = np.zeros((1, 8_000 * 60), np.float32)
    sound[:, ::997] = 1 / 32_768
    sound[:, -8_000 * 20 :] = recordings.speech(20, 8_000)
    path = recordings.write(tmp_path / "x", sound, 8_000, kind="flac")

    assert examine(path).measures["duration_s"] == pytest.approx(60)
