"""Audio: which files are accepted, and why others are not; hostile ones among them."""

import json
import os
import pickle
import random
import socket
import struct
import wave
from pathlib import Path

import pytest

from tests.audio import recordings
from tests.audio.conftest import KINDS
from voicestudio.audio import AudioProblem, rules
from voicestudio.audio.decoding import Decoder
from voicestudio.audio.intake import inspect


def problem_of(path: Path, purpose: str = "voice_clone") -> AudioProblem:
    with pytest.raises(AudioProblem) as caught:
        inspect(path, purpose=purpose)
    return caught.value


def code_or_length(path: Path) -> str | int:
    try:
        return inspect(path).duration_ms
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
def test_format_of_the_provider_is_acceptable(
    tmp_path: Path, kind: str, rate: int, channels: int, extension: str
) -> None:
    sound = recordings.sine(2, rate, channels=channels)
    path = recordings.write(tmp_path / "x", sound, rate, kind=kind, bit_rate=64_000)

    metadata = inspect(path, purpose="prompt_audio")

    assert (metadata.acceptable, metadata.extension) == (True, extension)
    assert metadata.bytes == path.stat().st_size


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
        ("wav", 96_000, 1),  # not all decoders know this rate
        ("m4a", 48_000, 6),
        ("wav", 48_000, 8),
    ],
)
def test_other_format_is_not_acceptable(
    tmp_path: Path, kind: str, rate: int, channels: int
) -> None:
    sound = recordings.sine(2, rate, channels=channels)
    path = recordings.write(tmp_path / "x", sound, rate, kind=kind)

    assert inspect(path, purpose="prompt_audio").acceptable is False


def test_fragmented_m4a_is_not_acceptable(tmp_path: Path) -> None:
    """Safari records such files; their header states no length, which the provider needs."""
    options = {"movflags": "frag_keyframe+empty_moov"}
    path = recordings.write(tmp_path / "x", recordings.sine(3), kind="m4a", options=options)

    metadata = inspect(path, purpose="prompt_audio")

    assert (metadata.container, metadata.codec, metadata.acceptable) == ("mov", "aac", False)


@pytest.mark.parametrize("silence", [0, 6_000])
def test_dts_declared_as_pcm_is_decoded_as_dts(tmp_path: Path, silence: int) -> None:
    """As PCM, the file would be loud noise."""
    path = recordings.dts_in_wav(tmp_path / "x.wav", 12, silence=silence)

    metadata = inspect(path)

    assert (metadata.container, metadata.codec, metadata.acceptable) == ("wav", "dts", False)
    assert metadata.duration_ms == pytest.approx(12_000, abs=100)


def test_wav_beyond_20_mb_is_not_acceptable(tmp_path: Path) -> None:
    large = recordings.plain_wav(tmp_path / "x", 280, rate=80_000)
    small = recordings.plain_wav(tmp_path / "y", 280, rate=48_000)

    assert [inspect(path).acceptable for path in (large, small)] == [False, True]


def test_open_ended_wav_is_decoded_but_not_acceptable(tmp_path: Path) -> None:
    """A wav that was written into a pipe: its header states 4 GB."""
    path = recordings.plain_wav(tmp_path / "x", 12)
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)

    metadata = inspect(path)

    assert (metadata.duration_ms, metadata.acceptable) == (12_000, False)


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
def test_length_outside_of_the_limits_is_refused(
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
        ("voice_clone", 300.02, False),  # padding of an encoder, which conversion cuts off
        ("prompt_audio", 1.0, True),
        ("prompt_audio", 7.99, True),
        ("prompt_audio", 8.02, False),
    ],
)
def test_length_within_the_limits_is_accepted(
    tmp_path: Path, purpose: str, seconds: float, acceptable: bool
) -> None:
    path = recordings.plain_wav(tmp_path / "x", seconds)

    metadata = inspect(path, purpose=purpose)

    assert (metadata.duration_ms, metadata.acceptable) == (round(seconds * 1000), acceptable)


def test_impossible_length_in_a_header_is_not_reported(tmp_path: Path) -> None:
    """A stream with a hundred hours in its header and twelve seconds of sound."""
    path = recordings.write(tmp_path / "x", recordings.sine(12), kind="mka")
    data = path.read_bytes()
    spot = data.index(b"\x44\x89\x88") + 3  # the element Duration, a double in ms
    path.write_bytes(data[:spot] + struct.pack(">d", 360_000_000.0) + data[spot + 8 :])

    problem = problem_of(path, "prompt_audio")

    assert problem.code == "too_long"
    assert int(problem.facts["duration_ms"]) < 13_000


def test_file_without_bytes_or_samples_is_empty(tmp_path: Path) -> None:
    (tmp_path / "x.mp3").write_bytes(b"")

    assert problem_of(tmp_path / "x.mp3").code == "empty"
    assert problem_of(recordings.plain_wav(tmp_path / "y", 0)).code == "empty"


def test_too_large_file_is_refused_without_reading(tmp_path: Path) -> None:
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
def test_other_content_is_not_audio_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recording.mp3"
    path.write_bytes(content)

    assert problem_of(path).code == "not_audio"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_folder_or_pipe_is_not_audio(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.wav"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)

    assert problem_of(path).code == "not_audio"


def test_missing_file_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "nowhere.wav")


def test_video_without_sound_is_refused(tmp_path: Path) -> None:
    assert problem_of(recordings.film(tmp_path / "film.m4a")).code == "video"


@pytest.mark.parametrize("kind", ["mp3", "m4a"])
def test_cover_picture_is_not_a_video(speech_files: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "album"
    plain = (speech_files / kind).read_bytes()
    picture = recordings.png()
    if kind == "mp3":
        path.write_bytes(recordings.id3_with_cover(picture) + plain)
    else:
        path.write_bytes(recordings.m4a_with_cover(plain, picture))

    metadata = inspect(path)

    assert (metadata.extension, metadata.acceptable) == (kind, True)
    assert metadata.peaks == inspect(speech_files / kind).peaks


def test_tag_at_the_end_of_an_mp3_is_ignored(speech_files: Path, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes((speech_files / "mp3").read_bytes() + b"TAG" + b"\xe9" * 125)

    metadata = inspect(path)

    assert (metadata.acceptable, metadata.duration_ms) == (True, 12_000)


def test_file_without_an_audio_track_has_no_audio(tmp_path: Path) -> None:
    """An m4a whose only track is declared as text."""
    data = recordings.write(tmp_path / "x", recordings.sine(12), kind="m4a").read_bytes()
    path = tmp_path / "y"
    path.write_bytes(data.replace(b"soun", b"text").replace(b"mp4a", b"tx3g"))

    assert problem_of(path).code == "no_audio"


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_file_is_damaged(speech_files: Path, tmp_path: Path, kind: str) -> None:
    """Cut at every tenth. Ogg and ADTS state no length, so they are only shorter."""
    data = (speech_files / kind).read_bytes()
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


@pytest.mark.parametrize(
    ("kind", "expected"),
    # PCM has no checksum: noise in it is audible noise.
    [("mp3", "damaged"), ("flac", "damaged"), ("opus", "too_short"), ("wav", 12_000)],
)
def test_random_bytes_in_the_middle_are_detected(
    speech_files: Path, tmp_path: Path, kind: str, expected: str | int
) -> None:
    data = (speech_files / kind).read_bytes()
    size = len(data)
    noise = random.Random(3).randbytes(size * 6 // 10)
    path = tmp_path / "x"
    path.write_bytes(data[: size // 5] + noise + data[size * 8 // 10 :])

    assert code_or_length(path) == expected


@pytest.mark.parametrize(
    ("size", "code"), [(0x7000_0000, "damaged"), (0xFFFF_FF00, "too_short"), (200, "too_short")]
)
def test_huge_size_in_a_small_wav_is_not_believed(tmp_path: Path, size: int, code: str) -> None:
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
def test_playlist_opens_no_other_file_and_no_connection(
    speech_files: Path, tmp_path: Path, name: str, where: str
) -> None:
    (tmp_path / "secret.wav").write_bytes((speech_files / "wav").read_bytes())
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
        with pytest.raises(BlockingIOError):  # there is no connection
            listener.accept()


def test_silent_file_is_refused(tmp_path: Path) -> None:
    problem = problem_of(recordings.plain_wav(tmp_path / "x", 12, level=0))

    assert (problem.code, problem.facts) == ("silent", {"duration_ms": 12_000})


def test_problem_survives_pickle() -> None:
    problem = AudioProblem("too_long", duration_ms=301_000, limit_ms=300_000)

    again = pickle.loads(pickle.dumps(problem))  # noqa: S301 (our own)

    assert (again.code, again.facts) == (problem.code, problem.facts)
    assert json.loads(json.dumps(again.facts)) == problem.facts
    assert repr(again) == "AudioProblem('too_long', duration_ms=301000, limit_ms=300000)"


def test_problem_with_an_unknown_code_raises_value_error() -> None:
    with pytest.raises(ValueError, match="too_blue"):
        AudioProblem("too_blue")


@pytest.mark.parametrize(("channels", "rate"), [(8, 655_350), (17, 8_000)])
def test_format_of_too_many_samples_is_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int, rate: int
) -> None:
    """A small file of this kind takes minutes to decode."""
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * channels * rate // 10))
    monkeypatch.setattr(Decoder, "blocks", None)

    with pytest.raises(AudioProblem) as caught:
        inspect(path)

    assert caught.value.code == "too_many_samples"
    assert caught.value.facts == {"channels": channels, "sample_rate": rate}


def test_decoding_ends_at_the_limit_of_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SAMPLES_MAX", 12 * 44_100)
    fits = recordings.write(tmp_path / "fits", recordings.sine(12), kind="flac")
    too_many = recordings.write(tmp_path / "x", recordings.sine(6.5, channels=2), kind="flac")

    assert inspect(fits).duration_ms == 12_000
    with pytest.raises(AudioProblem, match="too_many_samples"):
        inspect(too_many, purpose="prompt_audio")
