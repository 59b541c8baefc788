"""Audio: the waveform of any window of a recording."""

from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from voicestudio.audio import Metadata, read_bars
from voicestudio.audio.envelope import Envelope
from voicestudio.audio.envelope_file import write_envelope
from voicestudio.audio.probe import read_metadata


def write_envelope_of(path: Path, target: Path) -> Metadata:
    envelope = Envelope()
    metadata = read_metadata(path, envelope=envelope)
    write_envelope(envelope.levels(), metadata.duration_ms, target)
    return metadata


def envelope_of(tmp_path: Path, sound: recordings.Sound, rate: int = 44_100) -> Path:
    path = recordings.write(tmp_path / "sound", sound, rate)
    write_envelope_of(path, tmp_path / "envelope")
    return tmp_path / "envelope"


def test_whole_window_resembles_the_waveform(tmp_path: Path) -> None:
    """The same shape at another resolution; a bar may be the mean of several."""
    path = recordings.write(tmp_path / "x", recordings.speech(44, 22_050), 22_050)
    metadata = write_envelope_of(path, tmp_path / "e")

    bars = read_bars(tmp_path / "e", 0, 44_000, 110)

    assert len(bars) == 110
    assert np.corrcoef(bars, metadata.peaks)[0, 1] > 0.9


@pytest.mark.parametrize("bars", [10, 40, 220, 2000])
def test_burst_has_its_place_at_any_zoom(tmp_path: Path, bars: int) -> None:
    sound = np.zeros((1, 60 * 8_000), np.float32)
    sound[:, 20 * 8_000 : 21 * 8_000] = recordings.sine(1, 8_000)
    envelope = envelope_of(tmp_path, sound, 8_000)
    for start_ms, end_ms in ((0, 60_000), (10_000, 30_000), (19_000, 22_000)):
        shape = read_bars(envelope, start_ms, end_ms, bars)

        width_ms = (end_ms - start_ms) / bars
        loud = [place for place, bar in enumerate(shape) if bar > 50]
        # A bar covers all entries that it touches: 20 ms, or an eighth of the bar.
        tolerance_ms = width_ms + 20
        assert abs(start_ms + loud[0] * width_ms - 20_000) <= tolerance_ms
        assert abs(start_ms + (loud[-1] + 1) * width_ms - 21_000) <= tolerance_ms
        assert [bar for bar in shape[: max(0, loud[0] - 2)] if bar] == []


def test_bars_outside_of_the_recording_are_zero(tmp_path: Path) -> None:
    envelope = envelope_of(tmp_path, recordings.sine(2))

    assert read_bars(envelope, 4_000, 6_000, 4) == [0, 0, 0, 0]
    assert read_bars(envelope, 1_000, 3_000, 4) == [100, 100, 0, 0]
    assert read_bars(envelope, -1_000, 1_000, 4) == [0, 0, 100, 100]


def test_silence_is_flat(tmp_path: Path) -> None:
    envelope = envelope_of(tmp_path, recordings.sine(3, level=0.0))

    assert read_bars(envelope, 0, 3_000, 5) == [0] * 5


def test_envelope_of_half_an_hour_is_small(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 1800, rate=1000)
    write_envelope_of(path, tmp_path / "e")

    assert (tmp_path / "e").stat().st_size < 1800 * 50 * 1.15
    assert read_bars(tmp_path / "e", 0, 1_800_000) == [100] * 220
    assert read_bars(tmp_path / "e", 1_799_000, 1_800_000, 20) == [100] * 20


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "bars"), [(5, 5, 10), (6, 5, 10), (0, 5, 0), (0, 5, 2001)]
)
def test_impossible_window_is_refused(
    tmp_path: Path, start_ms: int, end_ms: int, bars: int
) -> None:
    envelope = envelope_of(tmp_path, recordings.sine(1))

    with pytest.raises(ValueError, match="cannot be drawn"):
        read_bars(envelope, start_ms, end_ms, bars)


@pytest.mark.parametrize("content", [b"", b"VSE1", b"x" * 100])
def test_file_that_is_no_envelope_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(ValueError, match="no envelope"):
        read_bars(tmp_path / "x", 0, 1000)
