"""Whatever file comes, there is a verdict; its name plays no part in it."""

from __future__ import annotations

import shutil
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio import FINDING_CODES
from voicestudio.audio.doctor.run import check
from voicestudio.words import FINDINGS


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of a clean voice as wav."""
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    return recordings.write(path, speech_in_room("English")[None, : 12 * RATE], RATE)


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
def test_what_is_no_recording_is_named(
    content: bytes, code: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "clean-voice.wav"
    path.write_bytes(content)

    found = check(path)

    assert (found.verdict, [finding.code for finding in found.findings]) == ("unusable", [code])
    assert found.metrics["problem"] == problem


def test_film_is_no_recording(tmp_path: Path) -> None:
    found = check(recordings.film(tmp_path / "film.mp4"))

    assert [finding.code for finding in found.findings] == ["not_audio"]
    assert found.metrics["problem"] == "video"


@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_off_file_is_damaged(tenth: int, clip: Path, tmp_path: Path) -> None:
    content = clip.read_bytes()
    path = tmp_path / "cut.wav"
    path.write_bytes(content[: len(content) * tenth // 10])

    found = check(path)

    assert [finding.code for finding in found.findings] == ["damaged"]


def wav(*, channels: int = 1, rate: int = 8_000, bits: int = 16) -> bytes:
    """A wav with 12 s of noise behind a header that may be nonsense."""
    data = np.random.default_rng(1).integers(-9_000, 9_000, 12 * 8_000).astype("<i2").tobytes()
    block = channels * bits // 8 & 0xFFFF
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


HOSTILE: dict[str, tuple[bytes, list[str]]] = {
    "nothing": (b"", ["not_audio"]),
    "4 GB in 1 KB": (
        b"RIFF\xf0\xff\xff\xffWAVEfmt " + wav()[16:40] + b"\x00\xff\xff\xff" + bytes(1_000),
        ["silence", "too_short"],
    ),
    "no channel": (wav(channels=0), ["damaged"]),
    "65,535 channels": (wav(channels=65_535), ["damaged"]),
    "no rate": (wav(rate=0), ["damaged"]),
    "4 GHz": (wav(rate=0xFFFFFFFF), ["damaged"]),
    "no bits": (wav(bits=0), ["not_audio"]),
    "endless tag": (b"ID3\x03\0\0" + b"\x7f" * 4, ["damaged"]),
    "zeros in a frame of Ogg": (b"OggS" + bytes(1_000), ["damaged"]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_ends_in_a_clear_finding_at_once(name: str, tmp_path: Path) -> None:
    content, codes = HOSTILE[name]
    path = tmp_path / "x.mp3"
    path.write_bytes(content)
    started = time.process_time()

    found = check(path)

    assert sorted(finding.code for finding in found.findings) == codes
    assert found.verdict == "unusable"
    assert time.process_time() - started < 5


@pytest.mark.parametrize("kind", ["mp3", "aac"])
def test_rate_and_channels_may_change_within_a_file(kind: str, tmp_path: Path) -> None:
    """Streams put one behind the other, as recorders and careless tools do."""
    voice = speech_in_room("English")[: 8 * RATE]
    content = b""
    for rate, channels in ((44_100, 1), (24_000, 2), (48_000, 1)):
        places = np.arange(8 * rate) * RATE / rate
        wide = np.interp(places, np.arange(len(voice)), voice).astype(np.float32)
        sound = np.tile(wide, (channels, 1))
        options = {"id3v2_version": "0", "write_xing": "0"} if kind == "mp3" else None
        path = recordings.write(tmp_path / "x", sound, rate, kind=kind, options=options)
        content += path.read_bytes()
    (tmp_path / "x").write_bytes(content)

    found = check(tmp_path / "x")

    assert found.metrics["duration_s"] == pytest.approx(24.0, abs=0.3)
    assert (found.verdict, found.findings) == ("good", [])


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e30, 1e-40])
def test_what_is_no_sound_in_a_float_file_does_no_harm(value: float, tmp_path: Path) -> None:
    voice = speech_in_room("English")[: 12 * RATE].copy()
    voice[RATE // 2] = value
    path = recordings.write(tmp_path / "x", voice[None], RATE, kind="wavfloat")

    found = check(path)

    assert found.metrics["speech_s"] == pytest.approx(11.0, abs=1.0)
    assert all(
        not isinstance(figure, float) or np.isfinite(figure) for figure in found.metrics.values()
    )


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["hum-noisy-telephone.mp3", "good.wav", "x", "музыка.m4a"])
def test_name_decides_nothing(name: str, clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / name
    shutil.copyfile(clip, copy)

    assert check(copy) == check(clip)


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize(("kind", "rate"), [("wav24", 192_000), ("wavfloat", 96_000)])
def test_unusual_shape_is_judged_like_any_other(
    kind: str, rate: int, channels: int, tmp_path: Path
) -> None:
    voice = speech_in_room("English")[: 11 * RATE]
    time = np.arange(len(voice) * rate // RATE) * RATE / rate
    wide = np.interp(time, np.arange(len(voice)), voice).astype(np.float32)
    path = recordings.write(tmp_path / "x", np.tile(wide, (channels, 1)), rate, kind=kind)

    found = check(path)

    assert (found.metrics["channels"], found.metrics["sample_rate_hz"]) == (channels, rate)
    assert found.verdict == "good"


def test_clip_for_a_prompt_has_its_own_lengths(tmp_path: Path) -> None:
    voice = speech_in_room("English")
    lengths = {"six": 6, "nine": 9}
    for name, seconds in lengths.items():
        recordings.write(tmp_path / name, voice[None, : seconds * RATE], RATE)

    six = check(tmp_path / "six", purpose="prompt_audio")
    nine = check(tmp_path / "nine", purpose="prompt_audio")

    assert (six.verdict, six.findings) == ("good", [])
    assert [finding.code for finding in nine.findings] == ["too_long"]
    assert [finding.code for finding in check(tmp_path / "six").findings] == ["too_short"]


def test_too_long_recording_is_still_measured(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 301)

    found = check(path)

    assert found.verdict == "unusable"
    assert found.findings[0].code == "too_long"
    assert (found.findings[0].from_s, found.findings[0].to_s) == (300.0, 301.0)


def test_every_code_has_its_words() -> None:
    assert set(FINDINGS) == FINDING_CODES | {"loudness_range_lu"}
