"""Audio: taking a file in, as it is or converted."""

from __future__ import annotations

import wave
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio import recordings
from voicestudio.audio import AudioProblem, intake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", ["mp3", "m4a", "wav"])
def test_ingest_keeps_the_bytes_of_what_is_acceptable(shelf: Path, folder: Path, kind: str) -> None:
    ingested = intake.ingest(shelf / kind, folder, purpose="voice_clone")

    assert ingested.path.read_bytes() == (shelf / kind).read_bytes()
    assert (ingested.path.parent, ingested.path.suffix) == (folder, f".{kind}")
    assert ingested.converted_from == ""
    assert ingested.metadata == intake.inspect(ingested.path)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("flac", "flac"), ("webm", "opus"), ("opus", "opus"), ("aac", "aac"), ("alac", "alac")],
)
def test_ingest_converts_what_is_not_acceptable(
    shelf: Path, folder: Path, kind: str, codec: str
) -> None:
    ingested = intake.ingest(shelf / kind, folder, purpose="voice_clone")

    measures = ingested.metadata
    assert ingested.converted_from == codec
    assert (ingested.path.suffix, measures.container, measures.codec) == (".mp3", "mp3", "mp3")
    assert measures.acceptable is True
    assert measures == intake.inspect(ingested.path)
    assert abs(measures.duration_ms - intake.inspect(shelf / kind).duration_ms) <= 50
    assert [path.name for path in folder.iterdir()] == [ingested.path.name]


def test_ingest_gives_the_extension_of_the_content(
    shelf: Path, folder: Path, tmp_path: Path
) -> None:
    """An mp3 that calls itself wav needs no conversion, only its right name."""
    source = tmp_path / "../recording.exe.wav"
    source.write_bytes((shelf / "mp3").read_bytes())

    ingested = intake.ingest(source, folder, purpose="voice_clone")

    assert (ingested.path.suffix, ingested.converted_from) == (".mp3", "")
    assert ingested.path.read_bytes() == source.read_bytes()
    assert "recording" not in ingested.path.name


def test_ingest_names_no_two_files_alike(shelf: Path, folder: Path) -> None:
    names = {intake.ingest(shelf / "wav", folder, purpose="voice_clone").path for _ in range(3)}

    assert len(names) == 3


@pytest.mark.parametrize("kind", ["mp3", "webm"])
def test_ingest_moves_the_source_if_asked(
    shelf: Path, folder: Path, tmp_path: Path, kind: str
) -> None:
    source = tmp_path / "incoming"
    source.write_bytes((shelf / kind).read_bytes())
    inode = source.stat().st_ino

    ingested = intake.ingest(source, folder, purpose="voice_clone", move=True)

    assert source.exists() is False
    assert (ingested.path.stat().st_ino == inode) is (kind == "mp3")  # moved, not copied


def test_ingest_never_keeps_a_link(shelf: Path, folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(shelf / "mp3")

    ingested = intake.ingest(link, folder, purpose="voice_clone", move=True)

    assert (ingested.path.is_symlink(), link.is_symlink()) == (False, False)
    assert ingested.path.read_bytes() == (shelf / "mp3").read_bytes()


def test_ingest_of_a_bad_file_leaves_everything_as_it_was(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "short", 3)
    before = source.read_bytes()

    with pytest.raises(AudioProblem):
        intake.ingest(source, folder, purpose="voice_clone", move=True)

    assert source.read_bytes() == before
    assert list(folder.iterdir()) == []


def test_ingest_cuts_off_an_encoders_padding(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "clip", 8.02)

    ingested = intake.ingest(source, folder, purpose="prompt_audio")

    assert (ingested.converted_from, ingested.metadata.duration_ms) == ("pcm_u8", 7_999)


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
def test_convert_keeps_the_channels_and_fits_the_rate(
    tmp_path: Path, rate: int, channels: int, new_rate: int, new_channels: int
) -> None:
    sound = recordings.sine(1.5, rate, channels=channels)
    source = recordings.write(tmp_path / "x", sound, rate, kind="flac")
    target = tmp_path / "y.mp3"

    intake.convert(source, target)

    measures = intake.inspect(target, purpose="prompt_audio")
    assert (measures.sample_rate, measures.channels) == (new_rate, new_channels)
    assert measures.duration_ms == 1500
    assert measures.loudness_db == pytest.approx(-9.03 - 0.27, abs=0.1)  # the encoder's headroom


def test_convert_keeps_the_sides_apart(tmp_path: Path) -> None:
    sound = np.concatenate([recordings.sine(2), recordings.sine(2, level=0.0)])
    source = recordings.write(tmp_path / "x", sound, kind="flac")
    target = tmp_path / "y.mp3"

    intake.convert(source, target)

    with av.open(str(target)) as container:
        heard = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    left, right = np.abs(heard[:, 5000:-5000]).max(axis=1)
    assert left == pytest.approx(0.5, abs=0.03)
    assert right < 0.001


def test_convert_takes_no_metadata_over(tmp_path: Path) -> None:
    private = {"title": "My private title", "location": "+59.91+010.75/"}
    source = recordings.write(tmp_path / "x", recordings.sine(2), kind="alac", metadata=private)
    assert b"My private title" in source.read_bytes()
    target = tmp_path / "y.mp3"

    intake.convert(source, target)

    assert b"private" not in target.read_bytes()
    with av.open(str(target)) as container:
        assert container.metadata == {}


def test_convert_of_five_minutes_stays_far_below_20_mb(tmp_path: Path) -> None:
    """192 kbit/s, constant: the size follows from the length."""
    source = recordings.plain_wav(tmp_path / "x", 10)
    target = tmp_path / "y.mp3"

    intake.convert(source, target)

    assert target.stat().st_size * 30 == pytest.approx(7_200_000, rel=0.01)


def test_convert_of_a_broken_file_leaves_no_target(shelf: Path, tmp_path: Path) -> None:
    source = tmp_path / "x"
    source.write_bytes((shelf / "flac").read_bytes()[:60])

    with pytest.raises(AudioProblem):
        intake.convert(source, tmp_path / "y.mp3")

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

        intake.convert(source, target)

        before = intake.inspect(source, purpose="prompt_audio")
        after = intake.inspect(target, purpose="prompt_audio")
        assert abs(after.duration_ms - before.duration_ms) <= 50
        assert after.channels == (2 if channels == 2 else 1)
        assert after.acceptable is True


def test_ingest_keeps_what_is_too_long_to_send_so_that_it_can_be_cut(tmp_path: Path) -> None:
    source = tmp_path / "long.wav"
    with wave.open(str(source), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes([100, 156]) * (4000 * 301))
    before = source.read_bytes()

    ingested = intake.ingest(source, tmp_path, purpose="voice_clone", longest_ms=7_200_000)

    assert (ingested.path.read_bytes(), ingested.path.suffix) == (before, ".wav")
    assert (ingested.metadata.duration_ms, ingested.converted_from) == (301_000, "")
    with pytest.raises(AudioProblem) as problem:
        intake.ingest(source, tmp_path, purpose="voice_clone", longest_ms=300_500)
    assert problem.value.code == "too_long"
