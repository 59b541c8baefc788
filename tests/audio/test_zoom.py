"""Audio: the waveform of any window of a recording."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from voicestudio import audio
from voicestudio.audio import AudioProblem, isolated, rules

HOUSE = Path(__file__).parent.parent.parent


def drawn(tmp_path: Path, sound: recordings.Sound, rate: int = 44_100) -> Path:
    path = recordings.write(tmp_path / "sound", sound, rate)
    audio.write_envelope(path, tmp_path / "envelope")
    return tmp_path / "envelope"


def test_whole_window_looks_like_the_waveform(tmp_path: Path) -> None:
    """The same picture at another resolution: it may differ as far as a bar is a mean of bars."""
    path = recordings.write(tmp_path / "x", recordings.speech(44, 22_050), 22_050)
    measures = audio.write_envelope(path, tmp_path / "e")

    bars = audio.shape_of(tmp_path / "e", 0, 44_000, 110)

    assert measures == audio.inspect(path)
    assert measures.duration_ms == audio.duration_of(tmp_path / "e") == 44_000
    assert len(bars) == 110
    assert np.corrcoef(bars, measures.peaks)[0, 1] > 0.9


@pytest.mark.parametrize("bars", [10, 40, 220, 2000])
def test_burst_stands_where_it_is_at_any_zoom(tmp_path: Path, bars: int) -> None:
    sound = np.zeros((1, 60 * 8_000), np.float32)
    sound[:, 20 * 8_000 : 21 * 8_000] = recordings.sine(1, 8_000)
    envelope = drawn(tmp_path, sound, 8_000)
    for start_ms, end_ms in ((0, 60_000), (10_000, 30_000), (19_000, 22_000)):
        shape = audio.shape_of(envelope, start_ms, end_ms, bars)

        width_ms = (end_ms - start_ms) / bars
        loud = [place for place, bar in enumerate(shape) if bar > 50]
        # A bar holds all moments that it touches: 20 ms of an entry, or an eighth of itself.
        slack_ms = width_ms + 20
        assert abs(start_ms + loud[0] * width_ms - 20_000) <= slack_ms
        assert abs(start_ms + (loud[-1] + 1) * width_ms - 21_000) <= slack_ms
        assert [bar for bar in shape[: max(0, loud[0] - 2)] if bar] == []


def test_bars_beside_the_recording_are_nothing(tmp_path: Path) -> None:
    envelope = drawn(tmp_path, recordings.sine(2))

    assert audio.shape_of(envelope, 4_000, 6_000, 4) == [0, 0, 0, 0]
    assert audio.shape_of(envelope, 1_000, 3_000, 4) == [100, 100, 0, 0]
    assert audio.shape_of(envelope, -1_000, 1_000, 4) == [0, 0, 100, 100]


def test_silence_is_flat(tmp_path: Path) -> None:
    assert audio.shape_of(drawn(tmp_path, recordings.sine(3, level=0.0)), 0, 3_000, 5) == [0] * 5


def test_half_an_hour_is_small(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 1800, rate=1000)
    audio.write_envelope(path, tmp_path / "e")

    assert (tmp_path / "e").stat().st_size < 1800 * 50 * 1.15
    assert audio.shape_of(tmp_path / "e", 0, 1_800_000) == [100] * 220
    assert audio.shape_of(tmp_path / "e", 1_799_000, 1_800_000, 20) == [100] * 20


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "bars"), [(5, 5, 10), (6, 5, 10), (0, 5, 0), (0, 5, 2001)]
)
def test_window_that_cannot_be_drawn_is_refused(
    tmp_path: Path, start_ms: int, end_ms: int, bars: int
) -> None:
    envelope = drawn(tmp_path, recordings.sine(1))

    with pytest.raises(ValueError, match="cannot be drawn"):
        audio.shape_of(envelope, start_ms, end_ms, bars)


@pytest.mark.parametrize("content", [b"", b"VSE1", b"x" * 100])
def test_file_that_is_no_envelope_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(ValueError, match="no envelope"):
        audio.shape_of(tmp_path / "x", 0, 1000)


@pytest.mark.audio_child
def test_problem_leaves_no_envelope(tmp_path: Path) -> None:
    long = recordings.plain_wav(tmp_path / "x", 30)
    (tmp_path / "y").write_bytes(b"no sound at all" * 100)
    found = []
    for path, longest_ms in ((long, 20_000), (tmp_path / "y", rules.LONG_MAX_MS)):
        with pytest.raises(AudioProblem) as caught:
            isolated.write_envelope(path, tmp_path / "e", longest_ms=longest_ms)
        found.append(caught.value.code)

    assert found == ["too_long", "not_audio"]
    assert (tmp_path / "e").exists() is False


@pytest.mark.audio_child
def test_child_draws_the_same(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", recordings.speech(5), kind="mp3")

    measures = isolated.write_envelope(path, tmp_path / "e")

    assert measures == audio.write_envelope(path, tmp_path / "f")
    assert (tmp_path / "e").read_bytes() == (tmp_path / "f").read_bytes()


def test_reading_loads_no_heavy_library(tmp_path: Path) -> None:
    envelope = drawn(tmp_path, recordings.sine(1))
    code = (
        "import sys; from pathlib import Path; from voicestudio.audio import shape_of;"
        f"shape_of(Path({str(envelope)!r}), 0, 1000);"
        "print(sorted({'av', 'numpy', 'django'} & set(sys.modules)))"
    )

    ended = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, check=True)

    assert ended.stdout == b"[]\n"
