"""Audio: keeps a file unchanged or converts it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio import recordings
from voicestudio.audio import AudioProblem
from voicestudio.audio.intake import convert, ingest, inspect


@pytest.mark.parametrize("kind", ["mp3", "m4a", "wav"])
def test_ingest_keeps_the_bytes_of_an_acceptable_file(
    speech_files: Path, folder: Path, kind: str
) -> None:
    ingested = ingest(speech_files / kind, folder, purpose="voice_clone")

    assert ingested.path.read_bytes() == (speech_files / kind).read_bytes()
    assert (ingested.path.parent, ingested.path.suffix) == (folder, f".{kind}")
    assert ingested.converted_from == ""
    assert ingested.metadata == inspect(ingested.path)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("flac", "flac"), ("webm", "opus"), ("opus", "opus"), ("aac", "aac"), ("alac", "alac")],
)
def test_ingest_converts_other_files(
    speech_files: Path, folder: Path, kind: str, codec: str
) -> None:
    ingested = ingest(speech_files / kind, folder, purpose="voice_clone")

    metadata = ingested.metadata
    assert ingested.converted_from == codec
    assert (ingested.path.suffix, metadata.container, metadata.codec) == (".mp3", "mp3", "mp3")
    assert metadata.acceptable is True
    assert metadata == inspect(ingested.path)
    assert abs(metadata.duration_ms - inspect(speech_files / kind).duration_ms) <= 50
    assert [path.name for path in folder.iterdir()] == [ingested.path.name]


def test_ingest_takes_the_extension_from_the_content(
    speech_files: Path, folder: Path, tmp_path: Path
) -> None:
    """An mp3 called wav needs no conversion, only the right extension."""
    source = tmp_path / "../recording.exe.wav"
    source.write_bytes((speech_files / "mp3").read_bytes())

    ingested = ingest(source, folder, purpose="voice_clone")

    assert (ingested.path.suffix, ingested.converted_from) == (".mp3", "")
    assert ingested.path.read_bytes() == source.read_bytes()
    assert "recording" not in ingested.path.name


def test_ingest_gives_every_file_its_own_name(speech_files: Path, folder: Path) -> None:
    names = {ingest(speech_files / "wav", folder, purpose="voice_clone").path for _ in range(3)}

    assert len(names) == 3


@pytest.mark.parametrize("kind", ["mp3", "webm"])
def test_ingest_with_move_removes_the_source(
    speech_files: Path, folder: Path, tmp_path: Path, kind: str
) -> None:
    source = tmp_path / "incoming"
    source.write_bytes((speech_files / kind).read_bytes())
    inode = source.stat().st_ino

    ingested = ingest(source, folder, purpose="voice_clone", move=True)

    assert source.exists() is False
    assert (ingested.path.stat().st_ino == inode) is (kind == "mp3")  # moved, not copied


def test_ingest_copies_the_target_of_a_link(
    speech_files: Path, folder: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(speech_files / "mp3")

    ingested = ingest(link, folder, purpose="voice_clone", move=True)

    assert (ingested.path.is_symlink(), link.is_symlink()) == (False, False)
    assert ingested.path.read_bytes() == (speech_files / "mp3").read_bytes()


def test_refused_file_and_folder_are_unchanged(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "short", 3)
    before = source.read_bytes()

    with pytest.raises(AudioProblem):
        ingest(source, folder, purpose="voice_clone", move=True)

    assert source.read_bytes() == before
    assert list(folder.iterdir()) == []


def test_ingest_cuts_off_the_padding_of_an_encoder(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "clip", 8.02)

    ingested = ingest(source, folder, purpose="prompt_audio")

    assert (ingested.converted_from, ingested.metadata.duration_ms) == ("pcm_u8", 7_999)


def test_ingest_keeps_a_recording_that_is_to_be_cut(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "long", 301)

    ingested = ingest(source, folder, purpose="voice_clone", longest_ms=7_200_000)

    assert ingested.path.read_bytes() == source.read_bytes()
    assert (ingested.path.suffix, ingested.converted_from) == (".wav", "")
    assert ingested.metadata.duration_ms == 301_000
    with pytest.raises(AudioProblem) as caught:
        ingest(source, folder, purpose="voice_clone", longest_ms=300_500)
    assert caught.value.code == "too_long"


@pytest.mark.parametrize(
    ("rate", "channels", "new_rate", "new_channels"),
    [
        (8_000, 1, 32_000, 1),
        (22_050, 2, 32_000, 2),
        (44_100, 1, 44_100, 1),
        (48_000, 2, 44_100, 2),
        (192_000, 8, 44_100, 1),
    ],
)
def test_convert_keeps_the_channels_and_adapts_the_rate(
    tmp_path: Path, rate: int, channels: int, new_rate: int, new_channels: int
) -> None:
    sound = recordings.sine(1.5, rate, channels=channels)
    source = recordings.write(tmp_path / "x", sound, rate, kind="flac")

    convert(source, tmp_path / "y.mp3")

    metadata = inspect(tmp_path / "y.mp3", purpose="prompt_audio")
    assert (metadata.sample_rate, metadata.channels) == (new_rate, new_channels)
    assert metadata.duration_ms == 1500
    assert metadata.loudness_db == pytest.approx(-9.03 - 0.27, abs=0.1)  # the encoder's headroom


def test_convert_keeps_the_channels_apart(tmp_path: Path) -> None:
    sound = np.concatenate([recordings.sine(2), recordings.sine(2, level=0.0)])
    source = recordings.write(tmp_path / "x", sound, kind="flac")

    convert(source, tmp_path / "y.mp3")

    with av.open(str(tmp_path / "y.mp3")) as container:
        samples = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    left, right = np.abs(samples[:, 5000:-5000]).max(axis=1)
    assert left == pytest.approx(0.5, abs=0.03)
    assert right < 0.001


def test_convert_drops_metadata(tmp_path: Path) -> None:
    private = {"title": "My private title", "location": "+59.91+010.75/"}
    source = recordings.write(tmp_path / "x", recordings.sine(2), kind="alac", metadata=private)
    assert b"My private title" in source.read_bytes()

    convert(source, tmp_path / "y.mp3")

    assert b"private" not in (tmp_path / "y.mp3").read_bytes()
    with av.open(str(tmp_path / "y.mp3")) as container:
        assert container.metadata == {}


def test_converted_five_minutes_stay_below_20_mb(tmp_path: Path) -> None:
    """192 kbit/s, constant: the size follows from the length."""
    source = recordings.plain_wav(tmp_path / "x", 10)

    convert(source, tmp_path / "y.mp3")

    assert (tmp_path / "y.mp3").stat().st_size * 30 == pytest.approx(7_200_000, rel=0.01)


def test_convert_of_a_broken_file_leaves_no_target(speech_files: Path, tmp_path: Path) -> None:
    source = tmp_path / "x"
    source.write_bytes((speech_files / "flac").read_bytes()[:60])

    with pytest.raises(AudioProblem):
        convert(source, tmp_path / "y.mp3")

    assert list(tmp_path.iterdir()) == [source]


@settings(max_examples=15, deadline=None, database=None)
@given(
    seconds=st.floats(1.0, 4.0),
    rate=st.sampled_from([8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000]),
    channels=st.sampled_from([1, 2, 6]),
    kind=st.sampled_from(["wavfloat", "flac24", "aiff"]),
)
def test_convert_keeps_the_length(seconds: float, rate: int, channels: int, kind: str) -> None:
    with TemporaryDirectory() as place:
        source, target = Path(place) / "x", Path(place) / "y.mp3"
        sound = recordings.sine(seconds, rate, channels=channels)
        recordings.write(source, sound, rate, kind=kind)

        convert(source, target)

        before = inspect(source, purpose="prompt_audio")
        after = inspect(target, purpose="prompt_audio")
    assert abs(after.duration_ms - before.duration_ms) <= 50
    assert after.channels == (2 if channels == 2 else 1)
    assert after.acceptable is True
