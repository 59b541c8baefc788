"""The network gives the probabilities that ONNX Runtime gives for the same file of Silero VAD."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicestudio.audio.speech_model import WEIGHTS
from voicestudio.audio.voice_activity import RATE, VoiceActivity, load_network

# Of every eighth window of `buzzing_vowels`; silero-vad 6.2.3, ONNX Runtime 1.32.
EXPECTED = [
    0.587, 0.394, 0.411, 0.250, 0.181, 0.420, 0.201, 0.161, 0.129, 0.008, 0.013, 0.010,
    0.025, 0.135, 0.879, 0.197, 0.273, 0.709, 0.952, 0.849, 0.032, 0.011, 0.023, 0.012,
]  # fmt: skip


def buzzing_vowels() -> NDArray[np.float32]:
    """Six seconds of a buzz through three moving resonances, with two pauses, in soft noise."""
    time = np.arange(6 * RATE) / RATE
    pitch = 120 * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    resonances = (
        (500 + 250 * np.sin(2 * np.pi * 1.3 * time), 80),
        (1500 + 500 * np.sin(2 * np.pi * 0.9 * time + 1), 120),
        (2600, 200),
    )
    wave = np.zeros(len(time))
    for number in range(1, 30):
        gain = sum(
            1 / (1 + ((number * pitch - center) / width) ** 2) for center, width in resonances
        )
        wave += gain / number**0.5 * np.sin(number * phase)
    wave *= np.clip(np.sin(2 * np.pi * 3.1 * time) * 2, 0, 1) * ((time % 3) < 2)
    wave *= 0.1 / np.sqrt(np.mean(wave**2))
    noise = np.random.default_rng(1).standard_normal(len(time)) * 0.002
    return (wave + noise).astype(np.float32)


def probabilities(signal: NDArray[np.float32], block: int) -> NDArray[np.float64]:
    """One for each window, if the signal comes in blocks of this size."""
    activity = VoiceActivity(load_network())
    for start in range(0, len(signal), block):
        activity.add(signal[start : start + block])
    odds = activity.log_odds(len(signal) // 512, 512 / RATE)
    assert odds is not None
    # `log_odds` looks ahead by 20 ms of the 32 of a window.
    return np.asarray(1 / (1 + np.exp(-odds.astype(np.float64))))


def test_probabilities_are_those_of_silero_vad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicestudio.audio.voice_activity._LATE_S", 0.0)

    found = probabilities(buzzing_vowels(), 2 * RATE)

    assert len(found) == 187
    assert found[::8] == pytest.approx(EXPECTED, abs=0.01)  # an int8 holds each value


@pytest.mark.parametrize("block", [700, 16_000, 96_000])
def test_probabilities_do_not_depend_on_the_block_size(block: int) -> None:
    vowels = buzzing_vowels()

    assert probabilities(vowels, block) == pytest.approx(probabilities(vowels, 32_000), abs=0.02)


def test_long_recording_is_processed_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicestudio.audio.voice_activity._KEPT_S", 4.0)
    vowels = buzzing_vowels()
    activity = VoiceActivity(load_network())
    kept = []
    for start in range(0, len(vowels), RATE):
        activity.add(vowels[start : start + RATE])
        kept.append(sum(map(len, activity._kept)) / RATE)

    assert kept == [1, 2, 3, 4, 0, 0]
    odds = activity.log_odds(187, 512 / RATE)
    assert odds is not None
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(probabilities(vowels, RATE), abs=0.001)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 not a file of weights"])
def test_missing_or_damaged_file_gives_no_network(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    if content is not None:
        path.write_bytes(content)

    activity = VoiceActivity(load_network(path))
    activity.add(buzzing_vowels())

    assert activity.log_odds(120, 0.05) is None


def test_file_of_the_network_has_its_licence_beside_it() -> None:
    assert WEIGHTS.with_name("LICENSE").read_text().startswith("MIT License")
