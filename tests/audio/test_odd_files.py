"""Audio: files of recorders and other programs that look damaged and are not."""

import random
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from tests.audio import recordings
from voicestudio.audio import AudioProblem, headers
from voicestudio.audio.intake import inspect

RATE = 16_000
SECONDS = 15


def encode(
    path: Path, muxer: str, codec: str, *, rate: int = RATE, start_s: float = 0.0, bit_rate: int = 0
) -> Path:
    """Speech that starts at `start_s` on the clock of the container."""
    with av.open(str(path), "w", format=muxer) as container:
        stream: Any = container.add_stream(codec, rate=rate, layout="mono")
        if bit_rate:
            stream.bit_rate = bit_rate
        stream.codec_context.open()
        sample_format = stream.codec_context.format.name
        resampler = AudioResampler(
            sample_format, "mono", rate, frame_size=stream.codec_context.frame_size or 320
        )
        sound = AudioFrame.from_ndarray(
            recordings.speech(SECONDS, rate), format="fltp", layout="mono"
        )
        sound.sample_rate = rate
        position = round(start_s * rate)
        for frame in [*resampler.resample(sound), *resampler.resample(None)]:
            frame.pts, frame.time_base = position, Fraction(1, rate)
            position += frame.samples
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def late_matroska(path: Path) -> Path:
    return encode(path, "matroska", "aac", start_s=5)


def late_webm(path: Path) -> Path:
    return encode(path, "webm", "libopus", rate=48_000, start_s=5)


def m4a_with_an_empty_edit(path: Path) -> Path:
    """Its edit list says that the sound starts after five seconds of nothing."""
    recordings.write(path, recordings.speech(SECONDS, RATE), RATE, kind="m4a")
    data = bytearray(path.read_bytes())
    edits, movie, track = (data.index(name) + 4 for name in (b"elst", b"mvhd", b"tkhd"))
    (scale,) = struct.unpack_from(">I", data, movie + 12)
    for place, increase in (
        *((data.index(name) - 4, 12) for name in (b"moov", b"trak", b"edts", b"elst")),
        (edits + 4, 1),
        (movie + 16, 5 * scale),
        (track + 20, 5 * scale),
    ):
        struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + increase)
    data[edits + 8 : edits + 8] = struct.pack(">IiHH", 5 * scale, -1, 1, 0)
    path.write_bytes(data)
    return path


def amr(path: Path, magic: bytes, speech: tuple[int, int], noise: tuple[int, int]) -> Path:
    """Of each two seconds, 1.2 s of speech; then a description of the noise, or nothing.

    `speech` and `noise` are the first byte of their frames and the number of the others.
    """
    chance = random.Random(1)
    frames = []
    for number in range(SECONDS * 50):
        first, count = speech if number % 100 < 60 else noise if number % 8 == 0 else (0x7C, 0)
        frames.append(bytes([first]) + chance.randbytes(count))
    path.write_bytes(magic + b"".join(frames))
    return path


def amr_with_pauses(path: Path) -> Path:
    return amr(path, b"#!AMR\n", speech=(0x3C, 31), noise=(0x44, 5))


def wideband_amr_with_pauses(path: Path) -> Path:
    return amr(path, b"#!AMR-WB\n", speech=(0x44, 60), noise=(0x4C, 5))


def wav_with_an_odd_chunk(path: Path) -> Path:
    """Its LIST chunk has an odd length, and no byte of padding."""
    data = recordings.write(path, recordings.speech(SECONDS, RATE), RATE).read_bytes()
    chunk = b"LIST" + struct.pack("<I", 11) + b"INFOodd....."[:11]
    path.write_bytes(data[:36] + chunk + data[data.index(b"data") :])
    return path


def mp3_cut_by_a_program(path: Path) -> Path:
    """Its Xing header still states 30 s."""
    recordings.write(path, recordings.speech(2 * SECONDS), kind="mp3", bit_rate=64_000)
    data = path.read_bytes()
    place = data.index(b"\xff\xfb")
    while place < len(data) // 2:
        place += headers.mp3_frame_bytes(data[place : place + 4])
    path.write_bytes(data[:place])
    return path


def g722_in_wav(path: Path) -> Path:
    return encode(path, "wav", "g722")


def g726_in_wav(path: Path) -> Path:
    return encode(path, "wav", "g726", rate=8_000, bit_rate=32_000)


@pytest.mark.parametrize(
    "write",
    [
        late_matroska, late_webm, m4a_with_an_empty_edit, amr_with_pauses, wideband_amr_with_pauses,
        wav_with_an_odd_chunk, mp3_cut_by_a_program, g722_in_wav, g726_in_wav,
    ],
)  # fmt: skip
def test_odd_file_is_read_to_its_end(write: Callable[[Path], Path], tmp_path: Path) -> None:
    metadata = inspect(write(tmp_path / "x"))

    assert metadata.duration_ms == pytest.approx(SECONDS * 1000, abs=120)
    assert metadata.notes == []


def test_wav_of_a_recorder_that_crashed_is_read_to_its_end(tmp_path: Path) -> None:
    """Its header states two seconds."""
    path = recordings.write(tmp_path / "x", recordings.speech(30, RATE), RATE)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"data") + 4, 2 * 2 * RATE)
    path.write_bytes(data)

    metadata = inspect(path)

    assert (metadata.duration_ms, metadata.acceptable) == (30_000, False)
    assert metadata.notes == [{"code": "header_too_short", "stated_ms": 2_000}]


@pytest.mark.parametrize(
    "behind",
    [bytes(200_000), b"id3 " + struct.pack("<I", 200_000) + b"\1" * 200_000, b"\1" * 5_000],
)
def test_what_follows_the_data_of_a_wav_is_not_always_sound(tmp_path: Path, behind: bytes) -> None:
    path = recordings.write(tmp_path / "x", recordings.speech(SECONDS, RATE), RATE)
    path.write_bytes(path.read_bytes() + behind)

    metadata = inspect(path)

    assert (metadata.duration_ms, metadata.notes) == (SECONDS * 1000, [])


def test_mp3_that_ends_within_a_frame_is_damaged(tmp_path: Path) -> None:
    path = mp3_cut_by_a_program(tmp_path / "x")
    path.write_bytes(path.read_bytes()[:-50])

    with pytest.raises(AudioProblem, match="damaged"):
        inspect(path)
