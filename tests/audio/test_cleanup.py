"""Audio: tidied copies, measured."""

from __future__ import annotations

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
from voicestudio.audio import AudioProblem, Cleanup, clip_writer
from voicestudio.audio.cleanup import clean_up
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.doctor.loudness import LoudnessMeter
from voicestudio.audio.doctor.true_peak import TruePeakMeter
from voicestudio.audio.intake import inspect

NOTHING = {"trim": False, "level": False, "dc_and_hum": False, "mono": False}


def heard(path: Path) -> tuple[Sound, int]:
    with open_recording(path) as decoder:
        blocks = [block.copy() for block, _ in decoder.blocks(stop_after_s=1e9)]
    return np.concatenate(blocks, axis=1), decoder.sample_rate


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP)."""
    meter, peak = LoudnessMeter(), TruePeakMeter()
    sound, rate = heard(path)
    meter.add(sound, rate)
    peak.add(sound)
    integrated = meter.result().integrated
    assert integrated is not None
    return integrated, 20 * np.log10(peak.highest)


def clean(tmp_path: Path, sound: Sound, rate: int = RATE, **wishes: bool) -> tuple[Sound, Cleanup]:
    """The sound after only these steps."""
    path = recordings.write(tmp_path / "x", np.atleast_2d(sound), rate, kind="wav24")
    done = clean_up(path, tmp_path / "y", **(NOTHING | wishes))
    return heard(tmp_path / "y")[0], done


def level_db(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


def line_db(sound: Sound, hertz: float) -> float:
    """Level of one frequency over all of a sound."""
    window = np.hanning(sound.shape[-1])
    turn = np.exp(-2j * np.pi * hertz * np.arange(sound.shape[-1]) / RATE)
    return float(20 * np.log10(np.abs((sound[0] * window * turn).sum()) / window.sum() * 2 + 1e-9))


@pytest.mark.parametrize("level", [-45.0, -30.0, -12.0])
@pytest.mark.parametrize("language", ["English"])
def test_level_becomes_minus_20_lufs_below_the_ceiling(
    tmp_path: Path, language: str, level: float
) -> None:
    clip = set_level(speech_in_room(language)[: 12 * RATE], level).clip(-1, 1)

    _, done = clean(tmp_path, clip, level=True)

    integrated, peak = loudness(tmp_path / "y")
    assert integrated == pytest.approx(-20, abs=0.3)
    assert peak <= -3.0
    assert done.loudness_after == pytest.approx(integrated, abs=0.01)
    assert "level" in done.steps


def test_level_of_an_mp3_is_as_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two channels that do not fit into a small file as they are."""
    monkeypatch.setattr(clip_writer, "WAV_MAX_BYTES", 500_000)
    clip = np.tile(speech_in_room("Chinese")[: 11 * RATE], (2, 1))
    path = recordings.write(tmp_path / "x", clip * 0.3, RATE, kind="flac")

    done = clean_up(path, tmp_path / "y", mono=False)

    integrated, peak = loudness(tmp_path / "y")
    measures = inspect(tmp_path / "y")
    assert (done.extension, measures.acceptable, measures.channels) == ("mp3", True, 2)
    assert integrated == pytest.approx(-20, abs=0.3)
    assert peak <= -3.0


def test_single_peaks_are_limited_and_the_rest_is_left_alone(tmp_path: Path) -> None:
    clip = set_level(speech_in_room("Spanish"), -25)
    loud = clip.copy()
    loud[5 * RATE : 5 * RATE + 40] += np.hanning(40).astype(np.float32) * 0.9

    sound, done = clean(tmp_path, loud, level=True)

    assert {"level", "limit"} <= set(done.steps)
    assert loudness(tmp_path / "y")[1] <= -3.0
    far = slice(8 * RATE, 15 * RATE)
    gain = 10 ** (done.gain_db / 20)
    assert level_db(sound[:, far] - gain * clip[far]) < level_db(sound[:, far]) - 30


@pytest.mark.parametrize(
    ("mains", "level"), [(50.0, -42.0), (50.07, -30.0), (59.93, -36.0), (60.0, -30.0)]
)
def test_hum_goes_and_speech_stays(tmp_path: Path, mains: float, level: float) -> None:
    clip = speech_in_room("English")[: 14 * RATE]
    humming = defects.hum(clip, mains, level)

    sound, done = clean(tmp_path, humming, dc_and_hum=True)

    for hertz in (mains, 2 * mains, 3 * mains):
        before, after = line_db(humming[None], hertz), line_db(sound, hertz)
        # By 20 dB, or down to what the voice itself has there.
        assert after <= max(before - 20, line_db(clip[None], hertz) + 1)
    assert done.steps == ["hum"]
    assert done.hum_hz == pytest.approx(mains, abs=0.02)
    # What is left is the speech as it was before it hummed.
    assert level_db(sound - clip) < level_db(clip) - 26


@pytest.mark.parametrize("language", ["German", "French", "Chinese", "Russian", "Hindi"])
def test_clean_speech_is_not_taken_for_hum(tmp_path: Path, language: str) -> None:
    clip = speech_in_room(language)[: 12 * RATE]

    sound, done = clean(tmp_path, clip, dc_and_hum=True)

    assert done.hum_hz == 0.0
    assert level_db(sound - clip) < level_db(clip) - 26


def test_dc_goes(tmp_path: Path) -> None:
    clip = speech_in_room("French") * 0.5

    sound, done = clean(tmp_path, clip + np.float32(0.05), dc_and_hum=True)

    assert done.steps == ["dc"]
    assert abs(float(sound.mean())) < 2e-4
    assert level_db(sound - clip) < level_db(clip) - 26


def test_silent_ends_are_trimmed_but_for_a_fifth_of_a_second(tmp_path: Path) -> None:
    clip = dry_speech("Italian")
    words = np.flatnonzero(np.abs(clip) > 0.02)
    before, after = np.zeros(3 * RATE, np.float32), np.zeros(5 * RATE, np.float32)
    sound = add_room_noise(np.concatenate([before, clip[words[0] : words[-1]], after]))

    trimmed, done = clean(tmp_path, sound, trim=True)

    assert done.steps == ["trim"]
    assert done.start_ms == pytest.approx(2_800, abs=110)
    assert done.end_ms == pytest.approx(len(sound) / RATE * 1000 - 4_800, abs=110)
    assert trimmed.shape[1] / RATE * 1000 == pytest.approx(done.end_ms - done.start_ms, abs=2)
    assert float(np.abs(trimmed[:, [0, -1]]).max()) < 1e-4


def test_trimming_leaves_what_the_provider_wants(tmp_path: Path) -> None:
    """Eleven seconds of which eight are spoken stay ten."""
    silence = np.zeros(RATE * 3 // 2, np.float32)
    clip = np.concatenate([silence, dry_speech("English")[RATE // 3 :][: 8 * RATE], silence])

    _, done = clean(tmp_path, add_room_noise(clip), trim=True)

    assert done.steps == ["trim"]
    assert done.end_ms - done.start_ms == pytest.approx(10_000, abs=1)


@pytest.mark.parametrize("kind", ["alike", "opposite", "dead", "louder", "apart"])
def test_fold_down_keeps_the_voice_and_its_level(tmp_path: Path, kind: str) -> None:
    clip = speech_in_room("Portuguese") * np.float32(0.5)
    hiss = 1e-4 * np.random.default_rng(1).standard_normal(len(clip)).astype(np.float32)
    late = np.concatenate([np.zeros(18, np.float32), clip[:-18]])  # 0.8 ms: 28 cm
    pair = {
        "alike": (clip, clip),
        "opposite": (clip, -clip),
        "dead": (hiss, clip),
        "louder": (0.5 * clip, clip),
        "apart": (clip, 0.7 * late),
    }[kind]

    sound, done = clean(tmp_path, np.stack(pair), mono=True)

    assert done.steps == ["mono"]
    assert len(sound) == 1
    wanted = {"louder": np.float32(np.sqrt(0.625))}.get(kind, np.float32(1)) * clip
    assert level_db(sound) == pytest.approx(level_db(wanted), abs=0.1)
    # No cancelling anywhere in the spectrum: it is the same wave, whichever way up.
    apart = min(level_db(sound - wanted), level_db(sound + wanted))
    assert apart < level_db(wanted) - 40


def test_two_speakers_on_two_channels_are_both_kept(tmp_path: Path) -> None:
    left, right = speech_in_room("English"), speech_in_room("German")

    sound, _ = clean(tmp_path, np.stack([left, right]), mono=True)

    shares = [float(np.corrcoef(sound[0], voice)[0, 1]) for voice in (left, right)]
    assert shares == pytest.approx([0.707, 0.707], abs=0.1)


def test_nothing_to_do_does_nothing(tmp_path: Path) -> None:
    clip = speech_in_room("Hindi")

    sound, done = clean(tmp_path, clip)

    assert done.steps == []
    assert (done.start_ms, done.end_ms, done.gain_db) == (0, round(len(clip) / RATE * 1000), 0.0)
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
def test_length_channels_and_rate_are_as_promised(
    rate: int, channels: int, length_ms: int, kind: str, level: bool, dc_and_hum: bool, mono: bool
) -> None:
    """What is not trimmed keeps its length; one channel or two, and a rate that MiniMax takes."""
    sound = recordings.speech(length_ms / 1000, rate, channels=channels)
    with TemporaryDirectory() as folder:
        source = recordings.write(Path(folder) / "x", sound, rate, kind=kind)
        done = clean_up(
            source, Path(folder) / "y", trim=False, level=level, dc_and_hum=dc_and_hum, mono=mono
        )
        measures = inspect(Path(folder) / "y", purpose="prompt_audio")

    assert measures.duration_ms == pytest.approx(length_ms, abs=1)
    assert done.start_ms == 0
    assert done.end_ms == pytest.approx(length_ms, abs=1)
    assert measures.channels == (2 if channels == 2 and not mono else 1)
    assert measures.sample_rate == min(rate, 48_000)
    assert measures.acceptable is True


@pytest.mark.parametrize(("channels", "rate"), [(6, 48_000), (8, 96_000), (2, 192_000)])
def test_any_shape_becomes_one_that_the_provider_takes(
    tmp_path: Path, channels: int, rate: int
) -> None:
    sound = recordings.speech(1.5, rate, channels=channels)
    path = recordings.write(tmp_path / "x", sound, rate)

    clean_up(path, tmp_path / "y")

    measures = inspect(tmp_path / "y", purpose="prompt_audio")
    assert (measures.channels, measures.sample_rate, measures.acceptable) == (1, 48_000, True)
    assert loudness(tmp_path / "y")[0] == pytest.approx(-20, abs=0.3)


def test_silence_cannot_be_made_louder(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12, level=0)

    with pytest.raises(AudioProblem) as caught:
        clean_up(path, tmp_path / "y")

    assert caught.value.code == "silent"
    assert (tmp_path / "y").exists() is False


def test_what_is_too_long_is_not_tidied(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 802, rate=1_000)

    with pytest.raises(AudioProblem) as caught:
        clean_up(path, tmp_path / "y")

    assert caught.value.code == "too_long"


@pytest.mark.parametrize("kind", ["mp3", "m4a", "webm"])
def test_truncated_file_is_tidied_or_ends_clearly(shelf: Path, tmp_path: Path, kind: str) -> None:
    data = (shelf / kind).read_bytes()
    found = set()
    for tenth in (0, 1, 4, 7):
        (tmp_path / "x").write_bytes(data[: len(data) * tenth // 10])
        try:
            clean_up(tmp_path / "x", tmp_path / "y")
            found.add("tidied")
        except AudioProblem as problem:
            found.add(problem.code)

    assert found <= {"tidied", "empty", "damaged", "silent"}
    assert "empty" in found
