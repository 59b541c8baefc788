"""Audio: pieces of recordings, from any place, without a click."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio import recordings
from tests.audio.recordings import Sound
from voicestudio.audio import AudioProblem, isolated, seeking
from voicestudio.audio.cutting import cut as cut_file
from voicestudio.audio.cutting import quietest_place
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.intake import inspect
from voicestudio.audio.probe import read_metadata
from voicestudio.audio.segments import read_segment

KINDS = ("wav", "mp3", "m4a", "webm", "opus", "flac", "mka", "aac")
SECONDS = 30


@pytest.fixture(scope="module")
def rolls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of two channels in many containers; a third of it lies behind a seek."""
    folder = tmp_path_factory.mktemp("rolls")
    sounds = {rate: recordings.speech(SECONDS, rate, channels=2) for rate in (44_100, 48_000)}
    for kind in KINDS:
        rate = 48_000 if kind in {"webm", "opus"} else 44_100
        recordings.write(folder / kind, sounds[rate], rate, kind=kind, bit_rate=96_000)
    return folder


def heard(path: Path, from_s: float = 0.0, to_s: float = 1e9) -> tuple[Sound, int]:
    """The samples of a file and their rate."""
    blocks = [(block.copy(), rate) for _, block, rate in read_segment(path, from_s, to_s)]
    return np.concatenate([block for block, _ in blocks], axis=1), blocks[0][1]


@pytest.mark.parametrize("kind", KINDS)
def test_sound_from_any_second_is_the_same_to_the_sample(rolls: Path, kind: str) -> None:
    whole, rate = heard(rolls / kind)
    differences = []
    for from_s in (0.5, 19.99, 20.01, 27.1234, 29.5):
        part, _ = heard(rolls / kind, from_s, from_s + 1)
        same = whole[:, round(from_s * rate) :][:, : part.shape[1]]
        differences.append(float(np.abs(part[:, : same.shape[1]] - same).max()))

    assert differences == [0.0] * 5


def test_sound_far_behind_is_reached_without_what_lies_before(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 2 * 3600)

    with open_recording(path) as decoder:
        found = sum(b.shape[1] for b, _ in decoder.blocks(from_s=7000.0, stop_after_s=7001.0))
        packets = decoder.packets

    assert found >= 8000
    assert packets < 50  # of some 14,000


@pytest.mark.parametrize("kind", ["m4a", "mka"])
def test_stream_without_an_index_is_cut_all_the_same(tmp_path: Path, kind: str) -> None:
    """As browsers record: in pieces, with nothing at the end that would tell where they are."""
    options = {
        "m4a": {"movflags": "frag_keyframe+empty_moov+skip_trailer", "frag_duration": "1000000"},
        "mka": {"live": "1"},
    }[kind]
    sound = recordings.speech(30, 44_100)
    path = recordings.write(tmp_path / "x", sound, kind=kind, options=options)

    whole, rate = heard(path)
    part, _ = heard(path, 25.0, 26.0)

    assert np.array_equal(part[:, :rate], whole[:, 25 * rate : 26 * rate])


@given(
    kind=st.sampled_from(KINDS),
    start_ms=st.integers(0, 28_000),
    length_ms=st.integers(1_000, 30_000),
)
@settings(max_examples=20, deadline=None)
def test_cut_keeps_its_promises(rolls: Path, kind: str, start_ms: int, length_ms: int) -> None:
    end_ms = min(start_ms + length_ms, SECONDS * 1000)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "x"
        cut = cut_file(rolls / kind, target, start_ms, end_ms)
        measures = read_metadata(target)
        piece, rate = heard(target)

    assert abs(cut.start_ms - start_ms) <= 50
    assert abs(cut.end_ms - end_ms) <= 50
    assert abs(measures.duration_ms - (end_ms - start_ms)) <= 50
    assert abs(measures.duration_ms - (cut.end_ms - cut.start_ms)) <= 1
    assert (measures.extension, measures.channels, measures.acceptable) == (cut.extension, 2, True)
    assert rate == (48_000 if kind in {"webm", "opus"} and cut.extension == "wav" else 44_100)
    assert float(np.abs(piece[:, [0, -1]]).max()) < 0.002


def test_container_that_cannot_seek_is_heard_from_the_start(
    rolls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, _ = heard(rolls / "wav", 25.0, 26.0)

    monkeypatch.setattr(seeking, "_LATE_FRAMES", 0)  # no frame tells where a seek has led to
    again, _ = heard(rolls / "wav", 25.0, 26.0)

    assert np.array_equal(part[:, :44_100], again[:, :44_100])


def test_cut_ends_where_it_is_quiet(tmp_path: Path) -> None:
    """Sound all along but for two gaps of 10 ms, beside what is asked for."""
    sound = recordings.sine(30, pitch=300)
    for at in (5.040, 24.995):
        sound[:, round((at - 0.005) * 44_100) : round((at + 0.005) * 44_100)] = 0
    path = recordings.write(tmp_path / "x", sound)

    cut = cut_file(path, tmp_path / "y", 5_000, 25_000)

    assert abs(cut.start_ms - 5_040) <= 3
    assert abs(cut.end_ms - 24_995) <= 3


@given(place=st.integers(2_000, 20_000), phase=st.floats(0, 6.28), pitch=st.floats(80, 800))
@settings(max_examples=15, deadline=None)
def test_cut_of_a_tone_does_not_click(place: int, phase: float, pitch: float) -> None:
    time = np.arange(30 * 22_050) / 22_050
    tone = (0.8 * np.sin(2 * np.pi * pitch * time + phase)).astype(np.float32)[None]
    with TemporaryDirectory() as folder:
        source = recordings.write(Path(folder) / "x", tone, 22_050)
        cut_file(source, Path(folder) / "y", place, place + 5_000)
        piece, _ = heard(Path(folder) / "y")
    steps = np.abs(np.diff(np.concatenate([np.zeros(1), piece[0], np.zeros(1)])))
    steepest = float(np.abs(np.diff(tone[0])).max())

    # From nothing to the first sample and from the last to nothing, and everywhere between.
    assert float(steps.max()) <= steepest * 1.01 + 1e-4
    assert float(steps[[0, -1]].max()) < 0.001


def test_quietest_place_is_a_passage_through_zero() -> None:
    tone = recordings.sine(1, 44_100, pitch=100)

    place = quietest_place(tone, 22_000, 20_000, 24_000, 44_100)

    assert tone[0, place - 1] * tone[0, place] <= 0


def test_digital_silence_is_cut_where_it_is_asked_for() -> None:
    silence = np.zeros((1, 44_100), np.float32)

    assert quietest_place(silence, 22_000, 20_000, 24_000, 44_100) == 22_000


@pytest.mark.parametrize(
    ("length_ms", "shortest", "longest"),
    [(1_000, 1_000, 7_999), (7_990, 1_000, 7_999), (10_000, 10_000, 300_000)],
)
@pytest.mark.parametrize("start_ms", [3_217, 19_345])
def test_cut_stays_on_its_side_of_the_limits(
    rolls: Path, tmp_path: Path, length_ms: int, shortest: int, longest: int, start_ms: int
) -> None:
    cut_file(rolls / "mp3", tmp_path / "y", start_ms, start_ms + length_ms)

    assert shortest <= read_metadata(tmp_path / "y").duration_ms <= longest


def test_five_minutes_become_an_mp3_that_is_not_too_long(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 330, rate=16_000)

    cut = cut_file(path, tmp_path / "y", 10_111, 310_111)

    measures = inspect(tmp_path / "y")
    assert (cut.extension, measures.extension, measures.acceptable) == ("mp3", "mp3", True)
    assert 299_950 <= measures.duration_ms <= 300_000


def test_the_whole_is_the_whole(tmp_path: Path) -> None:
    sound = recordings.speech(12)
    path = recordings.write(tmp_path / "x", sound)

    cut = cut_file(path, tmp_path / "y", 0, 99_000)

    piece, _ = heard(tmp_path / "y")
    inside = slice(300, -300)  # without the fades
    assert (cut.start_ms, cut.end_ms) == (0, 12_000)
    assert float(np.abs(piece[:, inside] - sound[:, inside]).max()) < 2 / 32768


def test_many_channels_and_a_high_rate_become_what_the_provider_takes(tmp_path: Path) -> None:
    sound = recordings.sine(3, 96_000, channels=8)
    path = recordings.write(tmp_path / "x", sound, 96_000, kind="wav24")

    cut_file(path, tmp_path / "y", 500, 2_500)

    measures = inspect(tmp_path / "y", purpose="prompt_audio")
    assert (measures.channels, measures.sample_rate, measures.acceptable) == (1, 48_000, True)
    assert measures.loudness_db == pytest.approx(-9.03, abs=0.1)


def test_piece_behind_the_end_is_too_short(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12)
    found = []
    for start_ms in (12_000, 60_000):
        with pytest.raises(AudioProblem) as caught:
            cut_file(path, tmp_path / "y", start_ms, start_ms + 5_000)
        found.append(caught.value.code)

    assert found == ["too_short", "too_short"]
    assert (tmp_path / "y").exists() is False


def test_piece_that_cannot_be_is_refused(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12)

    with pytest.raises(AudioProblem) as caught:
        cut_file(path, tmp_path / "y", 0, 800_001)
    for start_ms, end_ms in ((5_000, 5_000), (6_000, 5_000), (-1, 5_000)):
        with pytest.raises(ValueError, match="there is nothing between"):
            cut_file(path, tmp_path / "y", start_ms, end_ms)

    assert caught.value.code == "too_long"


def test_source_of_more_than_a_gigabyte_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.truncate(1024**3 + 1)

    for cut in (cut_file, isolated.cut):
        with pytest.raises(AudioProblem) as caught:
            cut(path, tmp_path / "y", 0, 5_000)
        assert caught.value.code == "too_large"


@pytest.mark.parametrize("kind", ["mp3", "m4a", "wav", "flac", "webm"])
def test_cut_of_a_truncated_file_ends_clearly(shelf: Path, tmp_path: Path, kind: str) -> None:
    """A piece, perhaps shorter than asked for, or a problem; never anything else."""
    data = (shelf / kind).read_bytes()
    found = set()
    for tenth in range(10):
        (tmp_path / "x").write_bytes(data[: len(data) * tenth // 10])
        try:
            cut_file(tmp_path / "x", tmp_path / "y", 1_000, 9_000)
            found.add("cut")
        except AudioProblem as problem:
            found.add(problem.code)

    assert found <= {"cut", "empty", "damaged", "too_short"}
    assert "empty" in found
