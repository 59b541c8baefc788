"""Audio: which files are taken, and why others are not; hostile ones among them."""

from __future__ import annotations

import json
import os
import pickle
import random
import socket
import struct
from pathlib import Path

import pytest

from tests.audio import recordings
from tests.audio.conftest import TRUNCATED
from voicestudio.audio import AudioProblem, intake


def problem_of(path: Path, purpose: str = "voice_clone") -> AudioProblem:
    with pytest.raises(AudioProblem) as caught:
        intake.inspect(path, purpose=purpose)
    return caught.value


def code_or_length(path: Path) -> str | int:
    try:
        return intake.inspect(path).duration_ms
    except AudioProblem as problem:
        return problem.code


@pytest.mark.parametrize(
    ("kind", "rate", "channels", "extension"),
    [
        ("mp3", 44_100, 1, "mp3"),
        ("mp3", 8_000, 2, "mp3"),
        ("m4a", 48_000, 2, "m4a"),
        ("wav", 16_000, 1, "wav"),
        ("wav8", 11_025, 1, "wav"),
        ("wav24", 48_000, 2, "wav"),
        ("wav32", 44_100, 2, "wav"),
    ],
)
def test_what_the_provider_takes_is_acceptable(
    tmp_path: Path, kind: str, rate: int, channels: int, extension: str
) -> None:
    sound = recordings.sine(2, rate, channels=channels)
    path = recordings.write(tmp_path / "x", sound, rate, kind=kind, bit_rate=64_000)

    measures = intake.inspect(path, purpose="prompt_audio")

    assert (measures.acceptable, measures.extension) == (True, extension)
    assert measures.bytes == path.stat().st_size


@pytest.mark.parametrize(
    ("kind", "rate", "channels"),
    [
        ("wavfloat", 44_100, 1),
        ("wavlaw", 8_000, 1),
        ("flac", 44_100, 1),
        ("alac", 44_100, 1),
        ("aac", 44_100, 1),
        ("opus", 48_000, 1),
        ("webm", 48_000, 1),
        ("mka", 44_100, 1),
        ("wav", 96_000, 1),  # more than the provider's decoders need to know
        ("m4a", 48_000, 6),
        ("wav", 48_000, 8),
    ],
)
def test_what_the_provider_does_not_take_is_not_acceptable(
    tmp_path: Path, kind: str, rate: int, channels: int
) -> None:
    sound = recordings.sine(2, rate, channels=channels)
    path = recordings.write(tmp_path / "x", sound, rate, kind=kind)

    assert intake.inspect(path, purpose="prompt_audio").acceptable is False


def test_m4a_in_fragments_is_not_acceptable(tmp_path: Path) -> None:
    """Safari records so; the header tells no length, which the provider would miss."""
    options = {"movflags": "frag_keyframe+empty_moov"}
    path = recordings.write(tmp_path / "x", recordings.sine(3), kind="m4a", options=options)

    measures = intake.inspect(path, purpose="prompt_audio")

    assert (measures.container, measures.codec, measures.acceptable) == ("mov", "aac", False)


@pytest.mark.parametrize("silence", [0, 6_000])
def test_dts_under_the_name_of_pcm_is_heard_as_what_it_is(tmp_path: Path, silence: int) -> None:
    """Taken at its word, the file would be loud noise."""
    path = recordings.dts_in_wav(tmp_path / "x.wav", 12, silence=silence)

    measures = intake.inspect(path)

    assert (measures.container, measures.codec, measures.acceptable) == ("wav", "dts", False)
    assert measures.duration_ms == pytest.approx(12_000, abs=100)


def test_wav_beyond_20_mb_is_not_acceptable(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 280, rate=80_000)
    path_under = recordings.plain_wav(tmp_path / "y", 280, rate=48_000)

    assert [intake.inspect(p).acceptable for p in (path, path_under)] == [False, True]


def test_wav_with_an_open_end_is_heard_but_not_acceptable(tmp_path: Path) -> None:
    """Written into a pipe: 4 GB in the header, and all is well."""
    path = recordings.plain_wav(tmp_path / "x", 12)
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)

    measures = intake.inspect(path)

    assert (measures.duration_ms, measures.acceptable) == (12_000, False)


@pytest.mark.parametrize(
    ("purpose", "seconds", "code", "facts"),
    [
        ("voice_clone", 9.9, "too_short", {"duration_ms": 9_900, "limit_ms": 10_000}),
        ("voice_clone", 301.5, "too_long", {"duration_ms": 301_500, "limit_ms": 300_000}),
        ("voice_clone", 300.1, "too_long", {"duration_ms": 300_100, "limit_ms": 300_000}),
        ("voice_clone", 7200, "too_long", {"duration_ms": 7_200_000, "limit_ms": 300_000}),
        ("prompt_audio", 0.9, "too_short", {"duration_ms": 900, "limit_ms": 1_000}),
        ("prompt_audio", 8.1, "too_long", {"duration_ms": 8_100, "limit_ms": 8_000}),
        ("prompt_audio", 60, "too_long", {"duration_ms": 60_000, "limit_ms": 8_000}),
    ],
)
def test_length_outside_the_rule_is_refused(
    tmp_path: Path, purpose: str, seconds: float, code: str, facts: dict[str, int]
) -> None:
    path = recordings.plain_wav(tmp_path / "x", seconds, rate=2_000)

    problem = problem_of(path, purpose)

    assert (problem.code, problem.facts) == (code, facts)


@pytest.mark.parametrize(
    ("purpose", "seconds", "acceptable"),
    [
        ("voice_clone", 10.0, True),
        ("voice_clone", 10.1, True),
        ("voice_clone", 300.0, True),
        ("voice_clone", 300.02, False),  # an encoder's padding, which conversion cuts off
        ("prompt_audio", 1.0, True),
        ("prompt_audio", 7.99, True),
        ("prompt_audio", 8.02, False),
    ],
)
def test_length_within_the_rule_is_taken(
    tmp_path: Path, purpose: str, seconds: float, acceptable: bool
) -> None:
    path = recordings.plain_wav(tmp_path / "x", seconds)

    measures = intake.inspect(path, purpose=purpose)

    assert (measures.duration_ms, measures.acceptable) == (round(seconds * 1000), acceptable)


def test_header_that_cannot_be_true_is_not_repeated(tmp_path: Path) -> None:
    """An endless stream: a hundred hours in the header, twelve seconds in the file."""
    path = recordings.write(tmp_path / "x", recordings.sine(12), kind="mka")
    data = path.read_bytes()
    spot = data.index(b"\x44\x89\x88") + 3  # the element Duration, a double in ms
    path.write_bytes(data[:spot] + struct.pack(">d", 360_000_000.0) + data[spot + 8 :])

    problem = problem_of(path, "prompt_audio")

    assert problem.code == "too_long"
    assert int(problem.facts["duration_ms"]) < 13_000


def test_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "x.mp3").write_bytes(b"")

    assert problem_of(tmp_path / "x.mp3").code == "empty"


def test_wav_without_samples_is_empty(tmp_path: Path) -> None:
    assert problem_of(recordings.plain_wav(tmp_path / "x", 0)).code == "empty"


def test_size_beyond_the_limit_is_refused_without_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024 + 1)

    problem = problem_of(path)

    assert problem.code == "too_large"
    assert problem.facts == {"bytes": 209_715_201, "limit_bytes": 209_715_200}


@pytest.mark.parametrize(
    "content",
    [
        b"Dear Anna, here are the words that you wanted.\n" * 200,
        b"<!doctype html><title>Not found</title>",
        b"\0" * 100_000,
        random.Random(7).randbytes(200_000),
        b"%PDF-1.7\n" + b"x" * 5000,
        recordings.png(),
        b"GIF89a" + b"\x01\x00" * 400,
        b"PK\x03\x04" + bytes(3000),
        b"x",
    ],
    ids=["text", "html", "zeros", "random", "pdf", "png", "gif", "zip", "one byte"],
)
def test_what_is_no_audio_is_called_so_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recording.mp3"
    path.write_bytes(content)

    assert problem_of(path).code == "not_audio"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_no_audio(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.wav"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)

    assert problem_of(path).code == "not_audio"


def test_missing_file_is_not_the_files_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        intake.inspect(tmp_path / "nowhere.wav")


@pytest.mark.parametrize("with_sound", [True, False])
def test_video_is_called_so(tmp_path: Path, with_sound: bool) -> None:
    sound = recordings.sine(12) if with_sound else None
    path = recordings.film(tmp_path / "film.m4a", sound=sound)

    assert problem_of(path).code == "video"


@pytest.mark.parametrize("kind", ["mp3", "m4a"])
def test_cover_picture_is_no_video(shelf: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "album"
    plain = (shelf / kind).read_bytes()
    picture = recordings.png()
    if kind == "mp3":
        path.write_bytes(recordings.id3_with_cover(picture) + plain)
    else:
        path.write_bytes(recordings.m4a_with_cover(plain, picture))

    measures = intake.inspect(path)

    assert (measures.extension, measures.acceptable) == (kind, True)
    assert measures.peaks == intake.inspect(shelf / kind).peaks


def test_tag_at_the_end_does_not_damage_an_mp3(shelf: Path, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes((shelf / "mp3").read_bytes() + b"TAG" + b"\xe9" * 125)

    measures = intake.inspect(path)

    assert (measures.acceptable, measures.duration_ms) == (True, 12_000)


def test_file_without_a_sound_track_has_no_audio(tmp_path: Path) -> None:
    """An m4a whose only track calls itself text."""
    data = recordings.write(tmp_path / "x", recordings.sine(12), kind="m4a").read_bytes()
    path = tmp_path / "y"
    path.write_bytes(data.replace(b"soun", b"text").replace(b"mp4a", b"tx3g"))

    assert problem_of(path).code == "no_audio"


@pytest.mark.parametrize("kind", TRUNCATED)
def test_truncated_file_ends_in_a_clear_finding(shelf: Path, tmp_path: Path, kind: str) -> None:
    """Cut at every tenth. An Ogg page or an ADTS frame promises nothing of what follows it."""
    data = (shelf / kind).read_bytes()
    found = []
    for tenth in range(10):
        path = tmp_path / f"{tenth}"
        path.write_bytes(data[: len(data) * tenth // 10])
        found.append(code_or_length(path))

    if kind in {"opus", "aac"}:
        assert found[:9] == ["empty"] + ["too_short"] * 8
        assert found[9] == "too_short" or 10_000 <= int(found[9]) < 11_500
    else:
        assert found == ["empty"] + ["damaged"] * 9


@pytest.mark.parametrize("kind", ["mp3", "flac", "opus", "wav"])
def test_noise_in_the_middle_of_a_file_ends_in_a_clear_finding(
    shelf: Path, tmp_path: Path, kind: str
) -> None:
    data = (shelf / kind).read_bytes()
    size = len(data)
    junk = random.Random(3).randbytes(size * 6 // 10)
    path = tmp_path / "x"
    path.write_bytes(data[: size // 5] + junk + data[size * 8 // 10 :])

    # PCM has no checksum: noise in it is noise that can be heard.
    expected = {"mp3": "damaged", "flac": "damaged", "opus": "too_short", "wav": 12_000}
    assert code_or_length(path) == expected[kind]


@pytest.mark.parametrize(
    ("size", "code"), [(0x7000_0000, "damaged"), (0xFFFF_FF00, "too_short"), (200, "too_short")]
)
def test_huge_header_in_a_small_wav_is_not_believed(tmp_path: Path, size: int, code: str) -> None:
    path = recordings.plain_wav(tmp_path / "x", 1000 / 8000)
    data = bytearray(path.read_bytes())
    data[4:8] = min(size + 36, 0xFFFF_FFFF).to_bytes(4, "little")
    data[40:44] = size.to_bytes(4, "little")
    path.write_bytes(data)

    assert problem_of(path).code == code


def test_huge_box_in_a_small_m4a_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.m4a"
    box = b"\x00\x00\x00\x01mdat" + (4 * 1024**3).to_bytes(8, "big")
    path.write_bytes(b"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00M4A isom" + box + bytes(1000))

    assert problem_of(path).code == "damaged"


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\n{target}\n#EXT-X-ENDLIST\n",
    "m3u": "#EXTM3U\n{target}\n",
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\nduration 12\n",
    "pls": "[playlist]\nFile1={target}\nNumberOfEntries=1\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=audio {port} RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet><Representation id='1'><BaseURL>{target}</BaseURL>"
    "<SegmentList><SegmentURL media='{target}'/></SegmentList></Representation>"
    "</AdaptationSet></Period></MPD>",
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("where", ["file", "relative", "network"])
def test_playlist_reaches_no_other_file_and_no_network(
    shelf: Path, tmp_path: Path, name: str, where: str
) -> None:
    (tmp_path / "secret.wav").write_bytes((shelf / "wav").read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        target = {
            "file": f"file://{tmp_path}/secret.wav",
            "relative": "secret.wav",
            "network": f"http://127.0.0.1:{port}/secret.wav",
        }[where]
        path = tmp_path / f"list.{name}"
        path.write_text(PLAYLISTS[name].format(target=target, port=port))

        assert problem_of(path).code == "not_audio"
        with pytest.raises(BlockingIOError):  # nobody called
            listener.accept()


def test_silent_file_is_silent(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12, level=0)

    problem = problem_of(path)

    assert (problem.code, problem.facts) == ("silent", {"duration_ms": 12_000})


def test_problem_crosses_processes() -> None:
    problem = AudioProblem("too_long", duration_ms=301_000, limit_ms=300_000)

    again = pickle.loads(pickle.dumps(problem))  # noqa: S301 (our own)

    assert (again.code, again.facts) == (problem.code, problem.facts)
    assert json.loads(json.dumps(again.facts)) == problem.facts
    assert repr(again) == "AudioProblem('too_long', duration_ms=301000, limit_ms=300000)"


def test_problem_with_an_unknown_code_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="too_blue"):
        AudioProblem("too_blue")
