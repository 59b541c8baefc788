"""Audio: clean copies, measured."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio import recordings
from tests.audio.doctor import defects
from tests.audio.doctor.synthetic_speech import (
    RATE,
    add_room_noise,
    dry_speech,
    set_level,
    speech_in_room,
)
from tests.audio.recordings import Sound
from voicestudio.audio import AudioProblem, clip_writer
from voicestudio.audio.cleanup import clean_up
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.doctor.loudness import LoudnessMeter
from voicestudio.audio.doctor.true_peak import TruePeakMeter
from voicestudio.audio.intake import inspect
from voicestudio.audio.results import Cleanup

NO_STEPS = {"trim": False, "level": False, "dc_and_hum": False, "mono": False}


def read(path: Path) -> tuple[Sound, int]:
    with open_recording(path) as decoder:
        blocks = [block.copy() for block, _ in decoder.blocks(stop_after_s=1e9)]
    return np.concatenate(blocks, axis=1), decoder.sample_rate


def measure(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP)."""
    meter, peak = LoudnessMeter(), TruePeakMeter()
    sound, rate = read(path)
    meter.add(sound, rate)
    peak.add(sound)
    integrated = meter.result().integrated
    assert integrated is not None
    return integrated, 20 * np.log10(peak.highest)


def clean(tmp_path: Path, sound: Sound, rate: int = RATE, **steps: bool) -> tuple[Sound, Cleanup]:
    """The sound after only these steps."""
    path = recordings.write(tmp_path / "x", np.atleast_2d(sound), rate, kind="wav24")
    result = clean_up(path, tmp_path / "y", **(NO_STEPS | steps))
    return read(tmp_path / "y")[0], result


def level_db(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


def line_db(sound: Sound, hertz: float) -> float:
    """Level of one frequency in a sound."""
    window = np.hanning(sound.shape[-1])
    rotation = np.exp(-2j * np.pi * hertz * np.arange(sound.shape[-1]) / RATE)
    return float(
        20 * np.log10(np.abs((sound[0] * window * rotation).sum()) / window.sum() * 2 + 1e-9)
    )


@pytest.mark.parametrize("level", [-45.0, -30.0, -12.0])
@pytest.mark.parametrize("language", ["English"])
def test_loudness_becomes_minus_20_lufs_below_the_ceiling(
    tmp_path: Path, language: str, level: float
) -> None:
    clip = set_level(speech_in_room(language)[: 12 * RATE], level).clip(-1, 1)

    _, result = clean(tmp_path, clip, level=True)

    integrated, peak = measure(tmp_path / "y")
    assert integrated == pytest.approx(-20, abs=0.2)
    assert peak <= -3.0
    assert result.loudness_after == pytest.approx(integrated, abs=0.01)
    assert "level" in result.steps


def test_loudness_of_an_mp3_is_as_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two channels that are too large for a wav."""
    monkeypatch.setattr(clip_writer, "WAV_MAX_BYTES", 500_000)
    clip = np.tile(speech_in_room("Chinese")[: 11 * RATE], (2, 1))
    path = recordings.write(tmp_path / "x", clip * 0.3, RATE, kind="flac")

    result = clean_up(path, tmp_path / "y", mono=False)

    integrated, peak = measure(tmp_path / "y")
    metadata = inspect(tmp_path / "y")
    assert (result.extension, metadata.acceptable, metadata.channels) == ("mp3", True, 2)
    assert integrated == pytest.approx(-20, abs=0.2)
    assert peak <= -3.0


def test_limiter_changes_only_the_peaks(tmp_path: Path) -> None:
    clip = set_level(speech_in_room("Spanish"), -25)
    peaky = clip.copy()
    peaky[5 * RATE : 5 * RATE + 40] += np.hanning(40).astype(np.float32) * 0.9

    sound, result = clean(tmp_path, peaky, level=True)

    assert {"level", "limit"} <= set(result.steps)
    assert measure(tmp_path / "y")[1] <= -3.0
    far = slice(8 * RATE, 15 * RATE)
    gain = 10 ** (result.gain_db / 20)
    assert level_db(sound[:, far] - gain * clip[far]) < level_db(sound[:, far]) - 30


@pytest.mark.parametrize(
    ("mains", "below_db"), [(50.0, 39.0), (50.07, 27.0), (59.93, 33.0), (60.0, 27.0)]
)
def test_hum_is_removed_and_speech_is_kept(tmp_path: Path, mains: float, below_db: float) -> None:
    clip = speech_in_room("English")[: 14 * RATE]
    humming = defects.hum(clip, mains, below_db)

    sound, result = clean(tmp_path, humming, dc_and_hum=True)

    for hertz in (mains, 2 * mains, 3 * mains):
        before, after = line_db(humming[None], hertz), line_db(sound, hertz)
        # By 20 dB, or down to the level of the voice at this frequency.
        assert after <= max(before - 20, line_db(clip[None], hertz) + 1)
    assert result.steps == ["hum"]
    assert result.hum_hz == pytest.approx(mains, abs=0.02)
    assert level_db(sound - clip) < level_db(clip) - 26


@pytest.mark.parametrize("language", ["German", "French", "Chinese", "Russian", "Hindi"])
def test_clean_speech_has_no_hum(tmp_path: Path, language: str) -> None:
    clip = speech_in_room(language)[: 12 * RATE]

    sound, result = clean(tmp_path, clip, dc_and_hum=True)

    assert result.hum_hz == 0.0
    assert level_db(sound - clip) < level_db(clip) - 26


def test_offset_is_removed(tmp_path: Path) -> None:
    clip = speech_in_room("French") * 0.5

    sound, result = clean(tmp_path, clip + np.float32(0.05), dc_and_hum=True)

    assert result.steps == ["dc"]
    assert abs(float(sound.mean())) < 2e-4
    assert level_db(sound - clip) < level_db(clip) - 26


def test_trim_leaves_a_fifth_of_a_second_of_silence(tmp_path: Path) -> None:
    clip = dry_speech("Italian")
    words = np.flatnonzero(np.abs(clip) > 0.02)
    before, after = np.zeros(3 * RATE, np.float32), np.zeros(5 * RATE, np.float32)
    sound = add_room_noise(np.concatenate([before, clip[words[0] : words[-1]], after]))

    trimmed, result = clean(tmp_path, sound, trim=True)

    assert result.steps == ["trim"]
    assert result.start_ms == pytest.approx(2_800, abs=110)
    assert result.end_ms == pytest.approx(len(sound) / RATE * 1000 - 4_800, abs=110)
    assert trimmed.shape[1] / RATE * 1000 == pytest.approx(result.end_ms - result.start_ms, abs=2)
    assert float(np.abs(trimmed[:, [0, -1]]).max()) < 1e-4


def test_trim_keeps_the_shortest_acceptable_length(tmp_path: Path) -> None:
    """Eleven seconds with eight of speech become ten."""
    silence = np.zeros(RATE * 3 // 2, np.float32)
    clip = np.concatenate([silence, dry_speech("English")[RATE // 3 :][: 8 * RATE], silence])

    _, result = clean(tmp_path, add_room_noise(clip), trim=True)

    assert result.steps == ["trim"]
    assert result.end_ms - result.start_ms == pytest.approx(10_000, abs=1)


@pytest.mark.parametrize("kind", ["alike", "opposite", "dead", "louder", "two places"])
def test_downmix_keeps_the_voice_and_its_level(tmp_path: Path, kind: str) -> None:
    clip = speech_in_room("Portuguese") * np.float32(0.5)
    hiss = 1e-4 * np.random.default_rng(1).standard_normal(len(clip)).astype(np.float32)
    delayed = np.concatenate([np.zeros(18, np.float32), clip[:-18]])  # 0.8 ms: 28 cm
    pair = {
        "alike": (clip, clip),
        "opposite": (clip, -clip),
        "dead": (hiss, clip),
        "louder": (0.5 * clip, clip),
        "two places": (clip, 0.7 * delayed),
    }[kind]

    sound, result = clean(tmp_path, np.stack(pair), mono=True)

    assert result.steps == ["mono"]
    assert len(sound) == 1
    expected = {"louder": np.float32(np.sqrt(0.625))}.get(kind, np.float32(1)) * clip
    assert level_db(sound) == pytest.approx(level_db(expected), abs=0.1)
    # The same wave, perhaps inverted: nothing in the spectrum has cancelled out.
    difference = min(level_db(sound - expected), level_db(sound + expected))
    assert difference < level_db(expected) - 40


def test_two_speakers_on_two_channels_are_both_kept(tmp_path: Path) -> None:
    left, right = speech_in_room("English"), speech_in_room("German")

    sound, _ = clean(tmp_path, np.stack([left, right]), mono=True)

    correlations = [float(np.corrcoef(sound[0], voice)[0, 1]) for voice in (left, right)]
    assert correlations == pytest.approx([0.707, 0.707], abs=0.1)


def test_no_steps_change_nothing(tmp_path: Path) -> None:
    clip = speech_in_room("Hindi")

    sound, result = clean(tmp_path, clip)

    assert result.steps == []
    assert (result.start_ms, result.end_ms, result.gain_db) == (
        0,
        round(len(clip) / RATE * 1000),
        0.0,
    )
    assert float(np.abs(sound[0] - clip).max()) <= 1.5 / 32768


@given(
    rate=st.sampled_from([8_000, 11_025, 16_000, 44_100, 48_000, 96_000]),
    channels=st.sampled_from([1, 2, 6]),
    length_ms=st.integers(1_000, 4_000),
    kind=st.sampled_from(["wav", "flac", "wav24"]),
    level=st.booleans(),
    dc_and_hum=st.booleans(),
    mono=st.booleans(),
)
@settings(max_examples=12, deadline=None)
def test_length_channels_and_rate_follow_from_the_source(
    rate: int, channels: int, length_ms: int, kind: str, level: bool, dc_and_hum: bool, mono: bool
) -> None:
    """Without trimming the length is kept; one or two channels, an acceptable rate."""
    sound = recordings.speech(length_ms / 1000, rate, channels=channels)
    with TemporaryDirectory() as folder:
        source = recordings.write(Path(folder) / "x", sound, rate, kind=kind)
        result = clean_up(
            source, Path(folder) / "y", trim=False, level=level, dc_and_hum=dc_and_hum, mono=mono
        )
        metadata = inspect(Path(folder) / "y", purpose="prompt_audio")

    assert metadata.duration_ms == pytest.approx(length_ms, abs=1)
    assert result.start_ms == 0
    assert result.end_ms == pytest.approx(length_ms, abs=1)
    assert metadata.channels == (2 if channels == 2 and not mono else 1)
    assert metadata.sample_rate == min(rate, 48_000)
    assert metadata.acceptable is True


@pytest.mark.parametrize(("channels", "rate"), [(6, 48_000), (8, 96_000), (2, 192_000)])
def test_copy_of_an_unusual_shape_is_acceptable(tmp_path: Path, channels: int, rate: int) -> None:
    sound = recordings.speech(1.5, rate, channels=channels)
    path = recordings.write(tmp_path / "x", sound, rate)

    clean_up(path, tmp_path / "y")

    metadata = inspect(tmp_path / "y", purpose="prompt_audio")
    assert (metadata.channels, metadata.sample_rate, metadata.acceptable) == (1, 48_000, True)
    assert measure(tmp_path / "y")[0] == pytest.approx(-20, abs=0.2)


def test_silence_is_refused(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12, level=0)

    with pytest.raises(AudioProblem) as caught:
        clean_up(path, tmp_path / "y")

    assert caught.value.code == "silent"
    assert (tmp_path / "y").exists() is False


def test_too_long_recording_is_refused(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 802, rate=1_000)

    with pytest.raises(AudioProblem) as caught:
        clean_up(path, tmp_path / "y")

    assert caught.value.code == "too_long"
