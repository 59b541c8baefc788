"""There is a report on every file, whatever its content and name."""

import shutil
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor.conftest import codes
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio.doctor.run import check
from voicestudio.audio.results import FINDING_CODES, PASSAGE_REASONS
from voicestudio.words import FINDINGS
from voicestudio.words.audio import PASSAGES


@pytest.mark.parametrize(
    ("content", "code", "problem"),
    [
        (b"", "not_audio", "empty"),
        (b"Hello, this is a letter." * 50, "not_audio", "not_audio"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(900), "damaged", "damaged"),
        (recordings.png(), "not_audio", "not_audio"),
    ],
    ids=["nothing", "text", "broken wav", "picture"],
)
def test_report_on_other_content_names_the_problem(
    content: bytes, code: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "clean-voice.wav"
    path.write_bytes(content)

    report = check(path)

    assert (report.verdict, codes(report)) == ("unusable", {code})
    assert report.metrics["problem"] == problem


def test_report_on_a_video_names_the_problem(tmp_path: Path) -> None:
    report = check(recordings.film(tmp_path / "film.mp4"))

    assert (codes(report), report.metrics["problem"]) == ({"not_audio"}, "video")


def wav(*, channels: int = 1, rate: int = 8_000, bits: int = 16) -> bytes:
    """A wav with 12 s of noise after a header that may be invalid."""
    data = np.random.default_rng(1).integers(-9_000, 9_000, 12 * 8_000).astype("<i2").tobytes()
    block = channels * bits // 8 & 0xFFFF
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


HOSTILE: dict[str, tuple[bytes, set[str]]] = {
    "nothing": (b"", {"not_audio"}),
    "4 GB in 1 KB": (
        b"RIFF\xf0\xff\xff\xffWAVEfmt " + wav()[16:40] + b"\x00\xff\xff\xff" + bytes(1_000),
        {"silence", "too_short"},
    ),
    "no channel": (wav(channels=0), {"damaged"}),
    "65,535 channels": (wav(channels=65_535), {"not_audio"}),
    "no rate": (wav(rate=0), {"damaged"}),
    "4 GHz": (wav(rate=0xFFFFFFFF), {"damaged"}),
    "no bits": (wav(bits=0), {"not_audio"}),
    "endless tag": (b"ID3\x03\0\0" + b"\x7f" * 4, {"damaged"}),
    "zeros in a frame of Ogg": (b"OggS" + bytes(1_000), {"damaged"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_report_on_a_hostile_file_is_clear_and_fast(name: str, tmp_path: Path) -> None:
    content, expected = HOSTILE[name]
    path = tmp_path / "x.mp3"
    path.write_bytes(content)
    started = time.process_time()

    report = check(path)

    assert (report.verdict, codes(report)) == ("unusable", expected)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("kind", ["mp3", "aac"])
def test_rate_and_channels_may_change_within_a_file(kind: str, tmp_path: Path) -> None:
    """Concatenated streams, as written by recorders and careless tools."""
    voice = speech_in_room("English")[: 8 * RATE]
    content = b""
    for rate, channels in ((44_100, 1), (24_000, 2), (48_000, 1)):
        places = np.arange(8 * rate) * RATE / rate
        resampled = np.interp(places, np.arange(len(voice)), voice).astype(np.float32)
        sound = np.tile(resampled, (channels, 1))
        options = {"id3v2_version": "0", "write_xing": "0"} if kind == "mp3" else None
        path = recordings.write(tmp_path / "x", sound, rate, kind=kind, options=options)
        content += path.read_bytes()
    (tmp_path / "x").write_bytes(content)

    report = check(tmp_path / "x")

    assert report.metrics["duration_s"] == pytest.approx(24.0, abs=0.3)
    assert (report.verdict, report.findings) == ("good", [])


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e30, 1e-40])
def test_invalid_float_sample_does_no_harm(value: float, tmp_path: Path) -> None:
    voice = speech_in_room("English")[: 12 * RATE].copy()
    voice[RATE // 2] = value
    path = recordings.write(tmp_path / "x", voice[None], RATE, kind="wavfloat")

    metrics = check(path).metrics

    assert metrics["speech_s"] == pytest.approx(11.0, abs=1.0)
    assert all(np.isfinite(value) for value in metrics.values() if isinstance(value, float))


def test_missing_file_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["hum-noisy-telephone.mp3", "good.wav", "x", "музыка.m4a"])
def test_name_does_not_change_the_report(name: str, clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / name
    shutil.copyfile(clip, copy)

    assert check(copy) == check(clip)


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize(("kind", "rate"), [("wav24", 192_000), ("wavfloat", 96_000)])
def test_unusual_rate_and_channels_do_not_change_the_verdict(
    kind: str, rate: int, channels: int, tmp_path: Path
) -> None:
    voice = speech_in_room("English")[: 11 * RATE]
    places = np.arange(len(voice) * rate // RATE) * RATE / rate
    resampled = np.interp(places, np.arange(len(voice)), voice).astype(np.float32)
    sound = np.tile(resampled, (channels, 1))
    report = check(recordings.write(tmp_path / "x", sound, rate, kind=kind))

    assert (report.metrics["channels"], report.metrics["sample_rate_hz"]) == (channels, rate)
    assert report.verdict == "good"


@pytest.mark.parametrize(
    ("seconds", "as_prompt_clip", "as_sample"),
    [(6, set(), {"too_short"}), (9, {"too_long"}, {"too_short"})],
)
def test_lengths_depend_on_the_purpose(
    seconds: int, as_prompt_clip: set[str], as_sample: set[str], tmp_path: Path
) -> None:
    voice = speech_in_room("English")[None, : seconds * RATE]
    path = recordings.write(tmp_path / "x", voice, RATE)

    assert codes(check(path, purpose="prompt_audio")) == as_prompt_clip
    assert codes(check(path)) == as_sample


def test_too_long_recording_is_measured(tmp_path: Path) -> None:
    report = check(recordings.plain_wav(tmp_path / "x", 301))

    first = report.findings[0]
    assert report.verdict == "unusable"
    assert (first.code, first.from_s, first.to_s) == ("too_long", 300.0, 301.0)


def test_every_finding_and_every_reason_has_words() -> None:
    assert set(FINDINGS) == FINDING_CODES | {"loudness_range_lu"}
    assert set(PASSAGES) == set(PASSAGE_REASONS)
