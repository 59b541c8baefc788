"""Audio: which recordings get a copy for players, and that it sounds at the same places."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.test_odd_files import encode, wav_with_an_odd_chunk
from voicestudio.audio import headers
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.intake import inspect
from voicestudio.audio.playable import make_playable

# By kind of `recordings.write`, with the rate.
SURE = {
    "wav": 44_100, "wav24": 48_000, "flac": 44_100, "m4a": 44_100, "mp3": 44_100, "opus": 48_000,
    "webm": 48_000,
}  # fmt: skip
UNSURE = {
    "wavfloat": 44_100, "wavlaw": 44_100, "wav": 96_000, "aiff": 44_100, "alac": 44_100,
    "aac": 44_100, "mka": 44_100,
}  # fmt: skip
PLACES_S = (2.0, 9.0)  # of two clicks


def clicks(rate: int, channels: int = 1) -> recordings.Sound:
    sound = np.zeros((channels, 12 * rate), np.float32)
    for place in PLACES_S:
        start = round(place * rate)
        sound[:, start : start + rate // 50] = 0.5
    return sound


def places_of_clicks(path: Path) -> list[float]:
    with open_recording(path) as decoder:
        blocks = [(block[0].copy(), rate) for block, rate in decoder.blocks(stop_after_s=60)]
    rate = blocks[0][1]
    loud = np.flatnonzero(np.abs(np.concatenate([block for block, _ in blocks])) > 0.1) / rate
    return [float(loud[0]), float(loud[loud > 5][0])]


@pytest.mark.parametrize(("kind", "rate"), SURE.items())
def test_recording_that_browsers_play_gets_no_copy(kind: str, rate: int, tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", clicks(rate), rate, kind=kind)

    assert make_playable(path, tmp_path / "copy", duration_ms=12_000).written is False
    assert not (tmp_path / "copy").exists()


def assert_copy_is_as_long(path: Path, copy: Path, channels: int) -> None:
    assert make_playable(path, copy, duration_ms=12_000).written is True
    metadata = inspect(copy)
    assert (metadata.codec, metadata.acceptable, metadata.channels) == ("mp3", True, channels)
    assert metadata.duration_ms == pytest.approx(12_000, abs=100)
    assert make_playable(copy, copy.with_name("y"), duration_ms=12_000).written is False


@pytest.mark.parametrize(("kind", "rate"), UNSURE.items())
def test_recording_of_another_format_gets_a_copy(kind: str, rate: int, tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", clicks(rate), rate, kind=kind)

    assert_copy_is_as_long(path, tmp_path / "copy", 1)
    assert places_of_clicks(tmp_path / "copy") == pytest.approx(PLACES_S, abs=0.06)


@pytest.mark.parametrize(
    ("muxer", "codec", "rate"),
    [("wav", "adpcm_ms", 16_000), ("caf", "pcm_s16be", 44_100), ("asf", "wmav2", 44_100),
     ("w64", "pcm_s16le", 44_100), ("ac3", "ac3", 48_000), ("wv", "wavpack", 44_100)],
)  # fmt: skip
def test_format_of_other_programs_gets_a_copy(
    muxer: str, codec: str, rate: int, tmp_path: Path
) -> None:
    path = encode(tmp_path / "x", muxer, codec, rate=rate, bit_rate=96_000)

    assert make_playable(path, tmp_path / "copy", duration_ms=15_000).written is True
    length = inspect(path).duration_ms
    assert inspect(tmp_path / "copy").duration_ms == pytest.approx(length, abs=100)


def test_surround_sound_is_copied_as_one_channel(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", clicks(48_000, 6), 48_000, kind="wav")

    assert_copy_is_as_long(path, tmp_path / "copy", 1)


def test_stereo_is_copied_as_stereo(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", clicks(44_100, 2), kind="aiff")

    assert_copy_is_as_long(path, tmp_path / "copy", 2)


def test_wav_with_a_wrong_header_gets_a_copy(tmp_path: Path) -> None:
    path = wav_with_an_odd_chunk(tmp_path / "x")

    assert make_playable(path, tmp_path / "copy", duration_ms=15_000).written is True


@pytest.mark.parametrize(("header", "written"), [("true", False), ("none", True), ("old", True)])
def test_mp3_of_variable_bit_rate_needs_a_true_header(
    header: str, written: bool, tmp_path: Path
) -> None:
    """Without one, browsers guess the place from the bytes."""
    loud, quiet = recordings.speech(6), recordings.sine(6, level=0.001)
    path = variable_mp3(tmp_path / "x", np.concatenate([loud, quiet], axis=1))
    data = path.read_bytes()
    first = headers.mp3_frame_bytes(data[:4])
    if header == "none":
        path.write_bytes(data[first:])
    if header == "old":
        middle = len(data) // 2
        while not headers.mp3_frame_bytes(data[middle : middle + 4]):
            middle += 1
        path.write_bytes(data[:middle])

    assert make_playable(path, tmp_path / "copy", duration_ms=12_000).written is written


def variable_mp3(path: Path, sound: recordings.Sound) -> Path:
    stream: Any
    options = {"write_xing": "1", "id3v2_version": "0"}
    with av.open(str(path), "w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=44_100, layout="mono")
        stream.codec_context.options = {"compression_level": "7", "q": "4"}
        stream.codec_context.qscale = True
        stream.codec_context.global_quality = 4 * 118
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
        frame.sample_rate = 44_100
        resampler = av.AudioResampler("fltp", "mono", 44_100, frame_size=1152)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path
