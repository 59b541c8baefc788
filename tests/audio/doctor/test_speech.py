"""Speech is told from pauses in noise, and the level of the noise is measured there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor import defects
from tests.audio.doctor.conftest import Check
from tests.audio.doctor.synthetic_speech import (
    RATE,
    VOICES,
    Clip,
    add_room_noise,
    dry_speech,
    room_noise,
    speech_in_room,
)
from voicestudio.audio import voice_activity
from voicestudio.audio.doctor.frames import read_frames
from voicestudio.audio.doctor.run import check
from voicestudio.audio.doctor.speech import detect_speech, room_levels
from voicestudio.audio.voice_activity import RATE as NETWORK_RATE
from voicestudio.audio.voice_activity import VoiceActivity

STEP = RATE // 20
PHRASE_S, PAUSE_S = 2.5, 0.7


def phrases(language: str = "English") -> Clip:
    """Speech with a pause after every few words, in digital silence."""
    speech = dry_speech(language)[round(0.3 * RATE) :]
    length = round(PHRASE_S * RATE)
    pause = np.zeros(round(PAUSE_S * RATE), np.float32)
    parts = [pause]
    for start in range(0, 9 * length, length):
        parts += [speech[start % (len(speech) - length) :][:length], pause]
    return np.concatenate(parts)


def babble(count: int) -> Clip:
    voices = [dry_speech(name) for name in VOICES if name != "English"]
    mixed = sum(np.resize(np.roll(voice, 40_000 * i), count) for i, voice in enumerate(voices))
    return np.asarray(mixed, np.float32)


NOISES: dict[str, Callable[[int], Clip]] = {
    "white": lambda count: np.random.default_rng(3).standard_normal(count).astype(np.float32),
    "pink": lambda count: room_noise(count).astype(np.float32),
    "babble": babble,
    "music": lambda count: defects.music(count, -20),
}


def add_below(clip: Clip, noise: Clip, below_db: float) -> Clip:
    """Add noise whose mean level is so far below that of the words."""
    words = clip[clip != 0]
    gain = 10 ** (-below_db / 20) * np.sqrt(np.mean(words**2) / np.mean(noise**2))
    return clip + np.float32(gain) * noise


def frame_error(sound: Clip, truth: Clip, path: Path) -> float:
    """The share of steps that are called the wrong thing; `truth` is the same without noise."""
    recordings.write(path, add_room_noise(truth, -80)[None], RATE)
    expected = read_frames(path, longest_s=60).speech
    recordings.write(path, sound[None], RATE)
    return float(np.mean(read_frames(path, longest_s=60).speech != expected))


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The file of the network is missing."""

    def load(*_arguments: object, **_options: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(np, "load", load)
    voice_activity.load_network.cache_clear()
    yield
    voice_activity.load_network.cache_clear()


@pytest.mark.parametrize(
    ("noise", "below_db"), [("white", 10), ("pink", 5), ("babble", 20), ("music", 10)]
)
def test_speech_is_found_in_noise(noise: str, below_db: float, tmp_path: Path) -> None:
    clip = phrases()
    sound = add_below(clip, NOISES[noise](len(clip)), below_db)

    assert frame_error(sound, clip, tmp_path / "x") < 0.07


def test_without_the_network_levels_detect_speech(
    without_network: None, tmp_path: Path, check_sound: Check
) -> None:
    clip = phrases()
    sound = add_below(clip, NOISES["pink"](len(clip)), 5)

    clean = check_sound(speech_in_room("English"))

    assert clean.verdict == "good"
    assert clean.metrics["speech_model"] == 0
    assert frame_error(sound, clip, tmp_path / "x") > 0.15


def test_edges_of_clean_speech_are_those_of_its_levels(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", add_room_noise(phrases())[None], RATE)

    frames = read_frames(path, longest_s=60)

    by_levels = detect_speech(frames.bands, room_levels(frames.bands))
    assert np.array_equal(frames.speech, by_levels)


def test_network_runs_only_where_noise_hides_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = phrases()
    in_noise = add_below(clip, NOISES["pink"](len(clip)), 5)
    noisy = recordings.write(tmp_path / "noisy", in_noise[None], RATE)
    clear = recordings.write(tmp_path / "clear", add_room_noise(clip)[None], RATE)
    processed: list[int] = []
    monkeypatch.setattr(
        VoiceActivity, "_process", lambda _self, signal: processed.append(len(signal))
    )

    read_frames(clear, longest_s=60)
    assert not processed
    read_frames(noisy, longest_s=60)

    assert sum(processed) == pytest.approx(len(clip) * NETWORK_RATE / RATE, rel=0.01)


@pytest.mark.parametrize(
    ("noise", "below_db"),
    [("white", 10), ("white", 20), ("pink", 10), ("pink", 26), ("babble", 15), ("babble", 25)],
)
def test_signal_to_noise_ratio_is_measured(noise: str, below_db: float, tmp_path: Path) -> None:
    clip = phrases()
    sound = add_below(clip, NOISES[noise](len(clip)), below_db)

    report = check(recordings.write(tmp_path / "x", sound[None], RATE))

    assert report.metrics["snr_db"] == pytest.approx(below_db, abs=2)
    assert "noisy" in {finding.code for finding in report.findings}
    assert report.verdict == ("disappointing" if below_db < 18 else "usable")
