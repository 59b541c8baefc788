"""Audio: levels and waveforms of sound that is known exactly."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from voicestudio.audio import AudioProblem, Metadata, intake, read_waveform
from voicestudio.audio.decoding import open_recording

PCM = ["wav", "wav8", "wav24", "wav32", "wavfloat", "wavdouble", "aiff"]
LOSSLESS = [*PCM, "flac", "flac24", "alac"]
LOSSY = ["mp3", "m4a", "opus", "webm", "wavlaw"]
HALF_DB = 20 * math.log10(0.5)  # the peak of a sine of half height; its RMS lies 3.01 dB lower


def measured(path: Path) -> Metadata:
    return intake.inspect(path, purpose="prompt_audio")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", LOSSLESS + LOSSY)
def test_sine_is_measured_within_a_tenth_of_a_decibel(
    tmp_path: Path, kind: str, channels: int
) -> None:
    rate = 48_000 if kind in {"opus", "webm"} else 44_100
    path = tmp_path / "tone"
    sound = recordings.sine(2, rate, channels=channels)
    recordings.write(path, sound, rate, kind=kind, aac_coder="twoloop")

    measures = measured(path)

    assert measures.channels == channels
    assert measures.sample_rate == rate
    assert measures.loudness_db == pytest.approx(HALF_DB - 3.01, abs=0.1)
    # What a lossy codec leaves out can make single samples higher.
    peak_tolerance = 0.1 if kind in LOSSLESS else 0.5
    assert measures.peak_dbfs == pytest.approx(HALF_DB, abs=peak_tolerance)


@pytest.mark.parametrize(
    ("kind", "channels", "rate"),
    [("flac", 6, 48_000), ("flac", 8, 48_000), ("wav24", 8, 192_000), ("m4a", 8, 48_000)],
)
def test_sine_in_many_channels_has_its_level(
    tmp_path: Path, kind: str, channels: int, rate: int
) -> None:
    sound = recordings.sine(1.5, rate, channels=channels)
    path = recordings.write(tmp_path / "tone", sound, rate, kind=kind, aac_coder="twoloop")

    measures = measured(path)

    assert (measures.channels, measures.sample_rate) == (channels, rate)
    # What is heard below 120 Hz in the eighth channel of AAC is not a tone of 440 Hz.
    left_out = 10 * math.log10(7 / 8) if kind == "m4a" else 0.0
    assert measures.loudness_db == pytest.approx(HALF_DB - 3.01 + left_out, abs=0.1)


def test_level_is_the_mean_power_of_the_channels_and_the_highest_peak(tmp_path: Path) -> None:
    sound = np.concatenate([recordings.sine(2), recordings.sine(2, level=0.0)])
    path = recordings.write(tmp_path / "one-sided", sound)

    measures = measured(path)

    assert measures.loudness_db == pytest.approx(HALF_DB - 6.02, abs=0.02)
    assert measures.peak_dbfs == pytest.approx(HALF_DB, abs=0.01)


def test_opposite_channels_do_not_cancel_out(tmp_path: Path) -> None:
    sound = np.concatenate([recordings.sine(2), -recordings.sine(2)])
    path = recordings.write(tmp_path / "opposite", sound)

    assert measured(path).loudness_db == pytest.approx(HALF_DB - 3.01, abs=0.01)


def test_silence_is_left_out_of_the_level(tmp_path: Path) -> None:
    sound = np.concatenate(
        [recordings.sine(1), recordings.sine(3, level=0.0), recordings.sine(1)], axis=1
    )
    path = recordings.write(tmp_path / "pause", sound)

    measures = measured(path)

    assert measures.silence_share == 0.6
    assert measures.loudness_db == pytest.approx(HALF_DB - 3.01, abs=0.01)


def test_whisper_above_the_floor_is_heard_and_below_it_is_silent(tmp_path: Path) -> None:
    amplitude = math.sqrt(2) * 10 ** (-60 / 20)
    above = recordings.write(
        tmp_path / "a", recordings.sine(2, level=amplitude * 1.1), kind="wav24"
    )
    below = recordings.write(
        tmp_path / "b", recordings.sine(2, level=amplitude * 0.9), kind="wav24"
    )

    assert measured(above).silence_share == 0.0
    with pytest.raises(AudioProblem) as caught:
        measured(below)
    assert caught.value.code == "silent"


def test_no_number_and_infinity_in_a_float_file_do_no_harm(tmp_path: Path) -> None:
    sound = recordings.sine(2)
    sound[0, 1000:1010] = np.nan
    sound[0, 2000] = np.inf
    sound[0, 3000] = -1e30
    path = recordings.write(tmp_path / "broken", sound, kind="wavfloat")

    measures = measured(path)

    assert measures.peak_dbfs == pytest.approx(24.08, abs=0.01)  # bounded, and still a number
    assert max(measures.peaks) == 100


def test_peaks_show_where_the_sound_is(tmp_path: Path) -> None:
    """Sound from bar 11 to bar 33 and from 66 to 77, of 5.5 s: a bar is 50 ms."""
    sound = recordings.sine(5.5, level=0.0)
    tone = recordings.sine(5.5)
    for first, last in ((11, 33), (66, 77)):
        sound[:, first * 2205 : last * 2205] = tone[:, first * 2205 : last * 2205]
    path = recordings.write(tmp_path / "bursts", sound)

    expected = [0] * 11 + [100] * 22 + [0] * 33 + [100] * 11 + [0] * 33
    assert measured(path).peaks == expected


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.0, 7.77])
def test_peaks_are_110_at_any_length(tmp_path: Path, seconds: float) -> None:
    path = recordings.write(tmp_path / "tone", recordings.sine(seconds))

    peaks, duration_ms = read_waveform(path)

    assert (len(peaks), max(peaks), duration_ms) == (110, 100, round(seconds * 1000))


def test_peaks_do_not_depend_on_the_level(tmp_path: Path) -> None:
    sound = recordings.speech(5)
    loud = recordings.write(tmp_path / "loud", sound, kind="wavfloat")
    soft = recordings.write(tmp_path / "soft", sound * np.float32(0.25), kind="wavfloat")

    assert measured(loud).peaks == measured(soft).peaks


def test_peaks_are_nearly_the_same_in_another_format(tmp_path: Path) -> None:
    sound = recordings.speech(5)
    wav = measured(recordings.write(tmp_path / "a", sound)).peaks
    mp3 = measured(recordings.write(tmp_path / "b", sound, kind="mp3")).peaks

    assert max(abs(a - b) for a, b in zip(wav, mp3, strict=True)) <= 8
    assert len(set(wav)) > 30  # a shape, not a bar code


def test_peaks_of_silence_are_flat(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "nothing", recordings.sine(2, level=0.0))

    assert read_waveform(path) == ([0] * 110, 2000)


def test_blocks_are_the_samples_themselves(tmp_path: Path) -> None:
    sound = recordings.speech(3, 11_025, channels=2)
    path = recordings.write(tmp_path / "speech", sound, 11_025, kind="wavfloat")

    with open_recording(path) as decoder:
        heard = [block.copy() for block, _ in decoder.blocks(stop_after_s=10)]

    assert np.array_equal(np.concatenate(heard, axis=1), sound)
    assert max(block.shape[1] for block in heard) < 11_025


def test_blocks_end_soon_after_the_limit(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "long", 600)

    with open_recording(path) as decoder:
        heard = sum(block.shape[1] / rate for block, rate in decoder.blocks(stop_after_s=2))

    assert 2 < heard < 3
