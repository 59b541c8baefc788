"""Audio: what the first bytes say."""

from __future__ import annotations

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
def test_sniff_names_the_container(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mp3", "mp3"),
        ("m4a", "m4a"),
        ("wav", "wav"),
        ("flac", "flac"),
        ("opus", "ogg"),
        ("webm", "webm"),
        ("aac", ""),
    ],
)
def test_sniff_knows_real_files(shelf: Path, kind: str, name: str) -> None:
    assert headers.sniff_file(shelf / kind) == name


def test_mp3_promise_is_the_length(shelf: Path) -> None:
    promised = headers.mp3_header_s(shelf / "mp3")

    assert promised == pytest.approx(12, abs=0.1)


def test_mp3_promise_is_found_behind_a_tag(shelf: Path, tmp_path: Path) -> None:
    tagged = tmp_path / "tagged"
    plain = (shelf / "mp3").read_bytes()
    tagged.write_bytes(recordings.id3_with_cover(recordings.png()) + plain)

    assert headers.mp3_header_s(tagged) == headers.mp3_header_s(shelf / "mp3")


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (22_050, 1), (22_050, 2), (8_000, 1)])
def test_mp3_promise_holds_in_every_version_of_the_format(
    tmp_path: Path, rate: int, channels: int
) -> None:
    path = tmp_path / "tone"
    recordings.write(
        path, recordings.sine(3, rate, channels=channels), rate, kind="mp3", bit_rate=64_000
    )

    assert headers.mp3_header_s(path) == pytest.approx(3, abs=0.3)


def test_mp3_without_the_first_frame_promises_nothing(tmp_path: Path) -> None:
    path = recordings.write(
        tmp_path / "tone", recordings.sine(2), kind="mp3", options={"write_xing": "0"}
    )

    assert headers.mp3_header_s(path) is None


@pytest.mark.parametrize(
    ("size", "promised"),
    [(1000, 1000), (0x70000000, 0x70000000), (0, None), (0xFFFFFFFF, None), (0x7FFFFFFF, None)],
)
def test_wav_data_tells_what_is_promised(tmp_path: Path, size: int, promised: int | None) -> None:
    path = recordings.plain_wav(tmp_path / "tone", 1000 / 8000)
    data = bytearray(path.read_bytes())
    data[40:44] = size.to_bytes(4, "little")
    path.write_bytes(data)

    assert headers.wav_data_sizes(path) == (promised, 1000)


def test_wav_without_samples_has_no_data(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00")

    assert headers.wav_data_sizes(path) is None


def test_browsers_mp4_is_known_as_fragmented(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov"}
    pieces = recordings.write(tmp_path / "a", recordings.sine(2), kind="m4a", options=options)
    whole = recordings.write(tmp_path / "b", recordings.sine(2), kind="m4a")

    assert (headers.is_fragmented(pieces), headers.is_fragmented(whole)) == (True, False)
