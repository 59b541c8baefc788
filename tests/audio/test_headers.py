"""Audio: container headers, read without a decoder."""

from pathlib import Path

import pytest

from tests.audio import recordings
from voicestudio.audio import headers, sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "mp3"),
        (b"\xff\xfb\xb0\x00", "mp3"),
        (b"\xff\xf3\x40\xc0", "mp3"),
        (b"\xff\xf1\x50\x80", ""),  # AAC in ADTS has the same twelve bits, but layer 0
        (b"\xff\xfb\xf0\x00", ""),  # no such bit rate
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", ""),
        (b"\x00\x00\x00\x20ftypM4A ", "m4a"),
        (b"fLaC\x00\x00\x00\x22", "flac"),
        (b"OggS\x00\x02", "ogg"),
        (b"\x1a\x45\xdf\xa3\x9f", "webm"),
        (b"<!doctype html>", ""),
        (b"{}", ""),
        (b"", ""),
    ],
)
def test_sniff_returns_the_container(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


def test_sniff_recognises_real_files(speech_files: Path) -> None:
    names = {"mp3": "mp3", "m4a": "m4a", "wav": "wav", "flac": "flac", "opus": "ogg"}
    names |= {"webm": "webm", "aac": ""}

    assert {kind: headers.sniff_file(speech_files / kind) for kind in names} == names


def test_mp3_header_is_found_after_a_tag(speech_files: Path, tmp_path: Path) -> None:
    plain = speech_files / "mp3"
    tagged = tmp_path / "tagged"
    tagged.write_bytes(recordings.id3_with_cover(recordings.png()) + plain.read_bytes())

    assert headers.mp3_header_s(plain) == pytest.approx(12, abs=0.1)
    assert headers.mp3_header_s(tagged) == headers.mp3_header_s(plain)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (22_050, 1), (22_050, 2), (8_000, 1)])
def test_mp3_header_is_read_in_every_mpeg_version(tmp_path: Path, rate: int, channels: int) -> None:
    tone = recordings.sine(3, rate, channels=channels)
    path = recordings.write(tmp_path / "tone", tone, rate, kind="mp3", bit_rate=64_000)

    assert headers.mp3_header_s(path) == pytest.approx(3, abs=0.3)


def test_mp3_without_header_frame_states_no_length(tmp_path: Path) -> None:
    options = {"write_xing": "0"}
    path = recordings.write(tmp_path / "tone", recordings.sine(2), kind="mp3", options=options)

    assert headers.mp3_header_s(path) is None


@pytest.mark.parametrize(
    ("size", "stated"),
    [(1000, 1000), (0x70000000, 0x70000000), (0, None), (0xFFFFFFFF, None), (0x7FFFFFFF, None)],
)
def test_wav_data_size_is_the_stated_one(tmp_path: Path, size: int, stated: int | None) -> None:
    path = recordings.plain_wav(tmp_path / "tone", 1000 / 8000)
    data = bytearray(path.read_bytes())
    data[40:44] = size.to_bytes(4, "little")
    path.write_bytes(data)

    assert headers.wav_data_sizes(path) == (stated, 1000)


def test_wav_without_data_chunk_has_no_sizes(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00")

    assert headers.wav_data_sizes(path) is None


def test_mp4_of_a_browser_is_fragmented(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov"}
    fragmented = recordings.write(tmp_path / "a", recordings.sine(2), kind="m4a", options=options)
    plain = recordings.write(tmp_path / "b", recordings.sine(2), kind="m4a")

    assert (headers.is_fragmented(fragmented), headers.is_fragmented(plain)) == (True, False)
