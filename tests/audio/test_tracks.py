"""Audio: only the sound of a video is kept; of several tracks, the one with the most speech."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio import AudioProblem, remux, rules
from voicestudio.audio.cutting import cut
from voicestudio.audio.decoding.containers import audio_tracks, open_container
from voicestudio.audio.intake import ingest, inspect
from voicestudio.audio.playable import make_playable
from voicestudio.audio.results import Track

VOICE = speech_in_room("English")[None, : 15 * RATE]
SILENCE = 0 * VOICE
OTHERS = {
    "silence": SILENCE,
    "hum": recordings.sine(15, RATE, pitch=50, level=0.5),
    "noise": (0.1 * np.random.default_rng(1).standard_normal(VOICE.shape)).astype(np.float32),
}


def write_tracks(
    path: Path, *sounds: recordings.Sound, muxer: str = "ipod", titles: tuple[str, ...] = ()
) -> Path:
    return recordings.film(path, *sounds, rate=RATE, muxer=muxer, picture="", titles=titles)


def write_video(
    path: Path,
    *sounds: recordings.Sound,
    muxer: str = "mp4",
    picture: str = "mpeg4",
    codec: str = "aac",
    options: dict[str, str] | None = None,
) -> Path:
    return recordings.film(
        path, *sounds, rate=RATE, muxer=muxer, picture=picture, codec=codec, options=options
    )


def streams_of(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [stream.type for stream in container.streams]


def break_first_codec(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"mp4a", b"xxxx", 1).replace(b"esds", b"free", 1))
    return path


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("muxer", ["ipod", "matroska"])
def test_track_with_the_voice_is_chosen(
    other: recordings.Sound, muxer: str, folder: Path, tmp_path: Path
) -> None:
    path = write_tracks(tmp_path / "x", other, VOICE, SILENCE, muxer=muxer)

    ingested = ingest(path, folder, purpose="voice_clone")

    alone = inspect(write_tracks(tmp_path / "y", VOICE))
    assert ingested.metadata.notes == [{"code": "track", "track": 2, "count": 3}]
    assert (ingested.metadata.codec, ingested.metadata.channels) == ("aac", 1)
    assert ingested.metadata.loudness_db == pytest.approx(alone.loudness_db, abs=0.5)


def test_audible_track_is_chosen_if_nobody_speaks(folder: Path, tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "x", SILENCE, OTHERS["hum"])

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.metadata.notes == [{"code": "track", "track": 2, "count": 2}]


def test_all_tracks_are_stored_with_title_language_and_speech(folder: Path, tmp_path: Path) -> None:
    titles = ("Desktop", "Micro\nphone", "")
    path = write_tracks(tmp_path / "x", SILENCE, VOICE, VOICE, muxer="matroska", titles=titles)

    track_set = ingest(path, folder, purpose="voice_clone", move=True).track_set

    assert track_set is not None
    assert [(track.number, track.title, track.language) for track in track_set.tracks] == [
        (1, "Desktop", "deu"), (2, "Micro phone", "deu"), (3, "", "deu"),
    ]  # fmt: skip
    speech = [track.speech_ms for track in track_set.tracks]
    assert (speech[0], speech[1] > 10_000, speech[1]) == (0, True, speech[2])
    lengths = [ms for track in track_set.tracks for ms in (track.duration_ms, track.judged_ms)]
    assert lengths == pytest.approx([15_000] * 6, abs=80)
    assert streams_of(track_set.path) == ["audio"] * 3
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("muxer", ["matroska", "mp4"])
def test_title_in_another_encoding_can_be_stored(muxer: str, folder: Path, tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "x", VOICE, VOICE, muxer=muxer, titles=("Qqqqq", "Mic"))
    path.write_bytes(path.read_bytes().replace(b"Qqqqq", b"M\xfc\x1bll"))

    track_set = ingest(path, folder, purpose="voice_clone").track_set

    assert track_set is not None
    assert [track.title for track in track_set.tracks] == ["M\N{REPLACEMENT CHARACTER} ll", "Mic"]


def test_another_track_is_taken_from_the_stored_ones(folder: Path, tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "x", VOICE, OTHERS["hum"], muxer="matroska")
    first = ingest(path, folder, purpose="voice_clone")
    assert first.track_set is not None

    second = ingest(first.track_set.path, folder, purpose="voice_clone", track=2)

    hum = inspect(write_tracks(tmp_path / "y", OTHERS["hum"]))
    assert second.metadata.loudness_db == pytest.approx(hum.loudness_db, abs=0.5)
    assert (second.metadata.notes, second.track_set) == ([], None)
    assert len(list(folder.iterdir())) == 3


def test_track_of_an_unknown_codec_is_passed_over(folder: Path, tmp_path: Path) -> None:
    path = break_first_codec(write_tracks(tmp_path / "x", VOICE, VOICE))

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.metadata.notes == [{"code": "only_track", "track": 2, "count": 2}]
    assert ingested.track_set is None


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_track_without_the_data_of_its_codec_is_passed_over(
    broken: int, folder: Path, tmp_path: Path
) -> None:
    path = write_tracks(tmp_path / "x", VOICE, VOICE, VOICE)
    parts = path.read_bytes().split(b"esds")
    path.write_bytes(
        b"esds".join(parts[: broken + 1]) + b"free" + b"esds".join(parts[broken + 1 :])
    )

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.track_set is not None
    readable = [track.readable for track in ingested.track_set.tracks]
    assert readable == [number != broken for number in range(3)]


def test_tracks_keep_their_numbers_behind_an_unreadable_one(folder: Path, tmp_path: Path) -> None:
    path = break_first_codec(write_tracks(tmp_path / "x", VOICE, SILENCE, VOICE))

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.metadata.notes == [{"code": "track", "track": 3, "count": 3}]
    assert ingested.track_set is not None
    tracks = ingested.track_set.tracks
    assert [(track.number, track.readable) for track in tracks] == [
        (1, False), (2, True), (3, True),
    ]  # fmt: skip
    assert tracks[0] == Track(1, "", "", readable=False)


def test_one_broken_packet_costs_only_its_sound(folder: Path, tmp_path: Path) -> None:
    path = write_video(tmp_path / "x", VOICE, muxer="mpegts")
    data = bytearray(path.read_bytes())
    header = data.index(b"\xff\xf1", len(data) // 2)  # of one frame of AAC
    data[header + 3 : header + 7] = bytes(4)
    path.write_bytes(data)

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.metadata.duration_ms == pytest.approx(15_000, abs=200)


@pytest.mark.parametrize(
    ("muxer", "picture", "codec", "kept"),
    [
        ("mp4", "libx264", "aac", "m4a"),
        ("mov", "mpeg4", "aac", "m4a"),
        ("mov", "mpeg4", "pcm_s16le", "wav"),
        ("matroska", "libx264", "aac", "m4a"),
        ("matroska", "mpeg4", "libmp3lame", "mp3"),
        ("mpegts", "libx264", "aac", "m4a"),
        ("avi", "mpeg4", "pcm_s16le", "wav"),
        ("avi", "mpeg4", "libmp3lame", "mp3"),
    ],
)
def test_sound_of_a_video_is_kept_as_it_is(
    muxer: str, picture: str, codec: str, kept: str, folder: Path, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "x", VOICE, muxer=muxer, picture=picture, codec=codec)

    ingested = ingest(path, folder, purpose="voice_clone", move=True)

    assert (ingested.path.suffix, ingested.converted_from) == (f".{kept}", "")
    assert ingested.metadata.notes == [{"code": "picture"}]
    assert ingested.metadata.duration_ms == pytest.approx(15_000, abs=80)
    assert streams_of(ingested.path) == ["audio"]
    assert (path.exists(), list(folder.iterdir())) == (False, [ingested.path])


@pytest.mark.parametrize(
    ("muxer", "tracks", "expected"),
    [("mov", 32, 0), ("mov", 33, 32), ("avi", 33, 32), ("matroska", 33, 0)],
)
def test_file_with_more_tracks_than_can_be_read_says_so(
    muxer: str, tracks: int, expected: int, tmp_path: Path
) -> None:
    """A Matroska file can be opened all the same, with its first tracks."""
    sounds = [recordings.sine(0.2)] * tracks
    path = recordings.film(tmp_path / "x", *sounds, muxer=muxer, picture="", codec="pcm_s16le")

    with ExitStack() as stack:
        if expected:
            caught = stack.enter_context(pytest.raises(AudioProblem, match="too_many_tracks"))
        with open_container(path) as (container, _repair):
            assert len(audio_tracks(container)) == 32
    if expected:
        assert caught.value.facts == {"limit_tracks": expected}


@pytest.mark.parametrize(("count", "code"), [(32, "video"), (33, "too_many_tracks")])
@pytest.mark.parametrize("muxer", ["matroska", "mov"])
def test_sound_is_said_to_be_missing_unless_it_may_be_behind_too_many_pictures(
    muxer: str, count: int, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    with av.open(str(path), "w", format=muxer) as container:
        pictures = [container.add_stream("mpeg4", rate=10) for _ in range(count)]
        for picture in pictures:
            picture.width = picture.height = 32
            picture.pix_fmt = "yuv420p"
        image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        for picture in pictures:
            container.mux([*picture.encode(image), *picture.encode(None)])

    with pytest.raises(AudioProblem, match=code), open_container(path) as opened:
        audio_tracks(opened[0])


@pytest.mark.parametrize(
    ("muxer", "codec", "kept"),
    [
        ("matroska", "libopus", "ogg"),
        ("mov", "pcm_s16be", "mka"),
        ("matroska", "ac3", "mka"),
        ("mov", "adpcm_ima_qt", "mov"),
        ("mpeg", "mp2", "mka"),
        ("asf", "wmav2", "wma"),
    ],
)
def test_sound_of_a_long_video_is_kept_in_a_fitting_container(
    muxer: str, codec: str, kept: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = replace(rules.SPANS["voice_clone"], longest=12_000, limit=12_000)
    monkeypatch.setitem(rules.SPANS, "voice_clone", sample)
    sound = recordings.speech(15, 48_000)
    path = recordings.film(tmp_path / "x", sound, rate=48_000, muxer=muxer, codec=codec)

    ingested = ingest(path, folder, purpose="voice_clone", longest_ms=60_000)

    assert ingested.path.suffix == f".{kept}"
    assert ingested.metadata.duration_ms == pytest.approx(15_000, abs=150)
    assert streams_of(ingested.path) == ["audio"]


def test_video_with_several_tracks_keeps_all_of_them(folder: Path, tmp_path: Path) -> None:
    path = write_video(tmp_path / "x", SILENCE, VOICE, muxer="matroska", picture="libx264")

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.metadata.notes == [
        {"code": "picture"}, {"code": "track", "track": 2, "count": 2},
    ]  # fmt: skip
    assert ingested.track_set is not None
    assert streams_of(ingested.track_set.path) == ["audio"] * 2


def test_sound_that_fits_into_no_container_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remux, "_GENERAL", ())
    path = write_video(tmp_path / "x", VOICE, muxer="mpegts", codec="mp2")

    with pytest.raises(AudioProblem) as caught:
        ingest(path, folder, purpose="voice_clone")

    assert (caught.value.code, list(folder.iterdir())) == ("inseparable", [])


@pytest.mark.parametrize("sounds", [1, 2])
def test_video_that_breaks_off_is_damaged(sounds: int, folder: Path, tmp_path: Path) -> None:
    options = {"movflags": "faststart"}  # the header, which states the length, comes first
    path = write_video(tmp_path / "x", *[VOICE] * sounds, options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])

    with pytest.raises(AudioProblem) as caught:
        ingest(path, folder, purpose="voice_clone")

    assert (caught.value.code, list(folder.iterdir())) == ("damaged", [])


def test_cuts_and_players_use_the_same_track(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "x", SILENCE, VOICE)

    cut(path, tmp_path / "cut", 0, 12_000)
    made = make_playable(path, tmp_path / "copy", duration_ms=15_000)

    assert made.written is True
    levels = [inspect(tmp_path / name).loudness_db for name in ("cut", "copy")]
    assert levels == pytest.approx([inspect(path).loudness_db] * 2, abs=1.5)


def test_single_track_has_no_note(folder: Path, tmp_path: Path) -> None:
    ingested = ingest(write_tracks(tmp_path / "x", VOICE), folder, purpose="voice_clone")

    assert (ingested.metadata.notes, ingested.track_set) == ([], None)


@pytest.mark.parametrize("several", [False, True])
def test_cover_picture_does_not_make_a_video(several: bool, folder: Path, tmp_path: Path) -> None:
    data = write_tracks(tmp_path / "x", *[VOICE] * (1 + several)).read_bytes()
    path = tmp_path / "y"
    path.write_bytes(recordings.m4a_with_cover(data, recordings.png()))

    ingested = ingest(path, folder, purpose="voice_clone")

    notes = [{"code": "track", "track": 1, "count": 2}] if several else []
    assert ingested.metadata.notes == notes
    assert (ingested.path.read_bytes() == path.read_bytes()) is not several
