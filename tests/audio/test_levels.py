"""Audio: levels and waveforms of exactly known sounds."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from voicestudio.audio import AudioProblem, Metadata, Waveform, intake
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.probe import read_waveform

PCM = ["wav", "wav8", "wav24", "wav32", "wavfloat", "wavdouble", "aiff"]
LOSSLESS = [*PCM, "flac", "flac24", "alac"]
LOSSY = ["mp3", "m4a", "opus", "webm", "wavlaw"]
HALF_DB = 20 * math.log10(0.5)  # the peak of a sine of half height; its RMS is 3.01 dB lower


def inspect(path: Path) -> Metadata:
    return intake.inspect(path, purpose="prompt_audio")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", LOSSLESS + LOSSY)
def test_level_of_a_sine_is_exact_in_every_format(tmp_path: Path, kind: str, channels: int) -> None:
    rate = 48_000 if kind in {"opus", "webm"} else 44_100
    sound = recordings.sine(2, rate, channels=channels)
    path = recordings.write(tmp_path / "tone", sound, rate, kind=kind, aac_coder="twoloop")

    metadata = inspect(path)

    assert (metadata.channels, metadata.sample_rate) == (channels, rate)
    assert metadata.loudness_db == pytest.approx(HALF_DB - 3.01, abs=0.1)
    # A lossy codec can make single samples higher.
    peak_tolerance = 0.1 if kind in LOSSLESS else 0.5
    assert metadata.peak_dbfs == pytest.approx(HALF_DB, abs=peak_tolerance)


@pytest.mark.parametrize(
    ("kind", "channels", "rate"),
    [("flac", 6, 48_000), ("flac", 8, 48_000), ("wav24", 8, 192_000), ("m4a", 8, 48_000)],
)
def test_level_of_many_channels_is_exact(
    tmp_path: Path, kind: str, channels: int, rate: int
) -> None:
    sound = recordings.sine(1.5, rate, channels=channels)
    path = recordings.write(tmp_path / "tone", sound, rate, kind=kind, aac_coder="twoloop")

    metadata = inspect(path)

    assert (metadata.channels, metadata.sample_rate) == (channels, rate)
    # AAC keeps only frequencies below 120 Hz in the eighth channel, so no tone of 440 Hz.
    missing = 10 * math.log10(7 / 8) if kind == "m4a" else 0.0
    assert metadata.loudness_db == pytest.approx(HALF_DB - 3.01 + missing, abs=0.1)


def test_level_is_the_mean_power_of_the_channels(tmp_path: Path) -> None:
    sound = np.concatenate([recordings.sine(2), recordings.sine(2, level=0.0)])
    metadata = inspect(recordings.write(tmp_path / "one-sided", sound))

    assert metadata.loudness_db == pytest.approx(HALF_DB - 6.02, abs=0.02)
    assert metadata.peak_dbfs == pytest.approx(HALF_DB, abs=0.01)


def test_opposite_channels_do_not_cancel_out(tmp_path: Path) -> None:
    sound = np.concatenate([recordings.sine(2), -recordings.sine(2)])
    path = recordings.write(tmp_path / "opposite", sound)

    assert inspect(path).loudness_db == pytest.approx(HALF_DB - 3.01, abs=0.01)


def test_silence_is_not_part_of_the_level(tmp_path: Path) -> None:
    parts = [recordings.sine(1), recordings.sine(3, level=0.0), recordings.sine(1)]
    metadata = inspect(recordings.write(tmp_path / "pause", np.concatenate(parts, axis=1)))

    assert metadata.silence_share == 0.6
    assert metadata.loudness_db == pytest.approx(HALF_DB - 3.01, abs=0.01)


def test_sound_is_silent_below_minus_60_db(tmp_path: Path) -> None:
    amplitude = math.sqrt(2) * 10 ** (-60 / 20)
    above, below = (
        recordings.write(
            tmp_path / name, recordings.sine(2, level=amplitude * factor), kind="wav24"
        )
        for name, factor in (("above", 1.1), ("below", 0.9))
    )

    assert inspect(above).silence_share == 0.0
    with pytest.raises(AudioProblem) as caught:
        inspect(below)
    assert caught.value.code == "silent"


def test_nan_and_infinity_in_a_float_file_are_bounded(tmp_path: Path) -> None:
    sound = recordings.sine(2)
    sound[0, 1000:1010] = np.nan
    sound[0, 2000] = np.inf
    sound[0, 3000] = -1e30
    metadata = inspect(recordings.write(tmp_path / "broken", sound, kind="wavfloat"))

    assert metadata.peak_dbfs == pytest.approx(24.08, abs=0.01)
    assert max(metadata.peaks) == 100


def test_peaks_are_where_the_sound_is(tmp_path: Path) -> None:
    """Sound from bar 11 to bar 33 and from 66 to 77, of 5.5 s: a bar is 50 ms."""
    sound = recordings.sine(5.5, level=0.0)
    tone = recordings.sine(5.5)
    for first, last in ((11, 33), (66, 77)):
        sound[:, first * 2205 : last * 2205] = tone[:, first * 2205 : last * 2205]
    path = recordings.write(tmp_path / "bursts", sound)

    assert inspect(path).peaks == [0] * 11 + [100] * 22 + [0] * 33 + [100] * 11 + [0] * 33


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.0, 7.77])
def test_waveform_has_110_bars_at_any_length(tmp_path: Path, seconds: float) -> None:
    path = recordings.write(tmp_path / "tone", recordings.sine(seconds))

    waveform = read_waveform(path)

    assert (len(waveform.peaks), max(waveform.peaks)) == (110, 100)
    assert waveform.duration_ms == round(seconds * 1000)


def test_waveform_of_silence_is_flat(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "nothing", recordings.sine(2, level=0.0))

    assert read_waveform(path) == Waveform([0] * 110, 2000, None)


def test_peaks_do_not_depend_on_the_level(tmp_path: Path) -> None:
    sound = recordings.speech(5)
    loud = recordings.write(tmp_path / "loud", sound, kind="wavfloat")
    soft = recordings.write(tmp_path / "soft", sound * np.float32(0.25), kind="wavfloat")

    assert inspect(loud).peaks == inspect(soft).peaks


def test_peaks_are_similar_in_another_format(tmp_path: Path) -> None:
    sound = recordings.speech(5)
    wav = inspect(recordings.write(tmp_path / "a", sound)).peaks
    mp3 = inspect(recordings.write(tmp_path / "b", sound, kind="mp3")).peaks

    assert max(abs(a - b) for a, b in zip(wav, mp3, strict=True)) <= 8
    assert len(set(wav)) > 30  # the bars differ


def test_blocks_contain_the_exact_samples(tmp_path: Path) -> None:
    sound = recordings.speech(3, 11_025, channels=2)
    path = recordings.write(tmp_path / "speech", sound, 11_025, kind="wavfloat")

    with open_recording(path) as decoder:
        blocks = [block.copy() for block, _ in decoder.blocks(stop_after_s=10)]

    assert np.array_equal(np.concatenate(blocks, axis=1), sound)
    assert max(block.shape[1] for block in blocks) < 1.5 * 11_025


def test_blocks_end_soon_after_the_limit(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "long", 600)

    with open_recording(path) as decoder:
        seconds = sum(block.shape[1] / rate for block, rate in decoder.blocks(stop_after_s=2))

    assert 2 < seconds < 3
