"""Audio: cuts parts out of recordings, from any place, without clicks."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio import recordings
from tests.audio.recordings import Sound
from voicestudio.audio import AudioProblem, isolated, seeking
from voicestudio.audio.cutting import cut, quietest_place
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.intake import inspect
from voicestudio.audio.probe import read_metadata
from voicestudio.audio.segments import read_segment

KINDS = ("wav", "mp3", "m4a", "webm", "opus", "flac", "mka", "aac")
SECONDS = 30


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 s of two channels in many containers; the last third of it is reached by seeking."""
    folder = tmp_path_factory.mktemp("sources")
    sounds = {rate: recordings.speech(SECONDS, rate, channels=2) for rate in (44_100, 48_000)}
    for kind in KINDS:
        rate = 48_000 if kind in {"webm", "opus"} else 44_100
        recordings.write(folder / kind, sounds[rate], rate, kind=kind, bit_rate=96_000)
    return folder


def read(path: Path, from_s: float = 0.0, to_s: float = 1e9) -> tuple[Sound, int]:
    """The samples of a file and their rate."""
    blocks = [(block.copy(), rate) for _, block, rate in read_segment(path, from_s, to_s)]
    return np.concatenate([block for block, _ in blocks], axis=1), blocks[0][1]


@pytest.mark.parametrize("kind", KINDS)
def test_segment_is_exact_to_the_sample(sources: Path, kind: str) -> None:
    whole, rate = read(sources / kind)
    differences = []
    for from_s in (0.5, 19.99, 20.01, 27.1234, 29.5):
        part, _ = read(sources / kind, from_s, from_s + 1)
        same = whole[:, round(from_s * rate) :][:, : part.shape[1]]
        differences.append(float(np.abs(part[:, : same.shape[1]] - same).max()))

    assert differences == [0.0] * 5


def test_segment_is_read_without_decoding_what_is_before(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 2 * 3600)

    with open_recording(path) as decoder:
        found = sum(b.shape[1] for b, _ in decoder.blocks(from_s=7000.0, stop_after_s=7001.0))
        packets = decoder.packets

    assert found >= 8000
    assert packets < 50  # of some 14,000


@pytest.mark.parametrize("kind", ["m4a", "mka"])
def test_segment_of_a_stream_without_an_index_is_exact(tmp_path: Path, kind: str) -> None:
    """Browsers record such files: in fragments, without an index at the end."""
    options = {
        "m4a": {"movflags": "frag_keyframe+empty_moov+skip_trailer", "frag_duration": "1000000"},
        "mka": {"live": "1"},
    }[kind]
    sound = recordings.speech(30, 44_100)
    path = recordings.write(tmp_path / "x", sound, kind=kind, options=options)

    whole, rate = read(path)
    part, _ = read(path, 25.0, 26.0)

    assert np.array_equal(part[:, :rate], whole[:, 25 * rate : 26 * rate])


def test_segment_of_an_unseekable_container_is_exact(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, _ = read(sources / "wav", 25.0, 26.0)

    monkeypatch.setattr(seeking, "_LATE_FRAMES", 0)  # no frame has a time after a seek
    again, _ = read(sources / "wav", 25.0, 26.0)

    assert np.array_equal(part[:, :44_100], again[:, :44_100])


@given(
    kind=st.sampled_from(KINDS),
    start_ms=st.integers(0, 28_000),
    length_ms=st.integers(1_000, 30_000),
)
@settings(max_examples=20, deadline=None)
def test_cut_keeps_length_and_shape(
    sources: Path, kind: str, start_ms: int, length_ms: int
) -> None:
    end_ms = min(start_ms + length_ms, SECONDS * 1000)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "x"
        result = cut(sources / kind, target, start_ms, end_ms)
        metadata = read_metadata(target)
        sound, rate = read(target)

    assert abs(result.start_ms - start_ms) <= 50
    assert abs(result.end_ms - end_ms) <= 50
    assert abs(metadata.duration_ms - (end_ms - start_ms)) <= 50
    assert abs(metadata.duration_ms - (result.end_ms - result.start_ms)) <= 1
    assert metadata.extension == result.extension
    assert (metadata.channels, metadata.acceptable) == (2, True)
    assert rate == (48_000 if kind in {"webm", "opus"} and result.extension == "wav" else 44_100)
    assert float(np.abs(sound[:, [0, -1]]).max()) < 0.002


def test_cut_moves_its_ends_to_quiet_places(tmp_path: Path) -> None:
    """A constant tone with two gaps of 10 ms, near the requested ends."""
    sound = recordings.sine(30, pitch=300)
    for at in (5.040, 24.995):
        sound[:, round((at - 0.005) * 44_100) : round((at + 0.005) * 44_100)] = 0
    path = recordings.write(tmp_path / "x", sound)

    result = cut(path, tmp_path / "y", 5_000, 25_000)

    assert abs(result.start_ms - 5_040) <= 3
    assert abs(result.end_ms - 24_995) <= 3


@given(place=st.integers(2_000, 20_000), phase=st.floats(0, 6.28), pitch=st.floats(80, 800))
@settings(max_examples=15, deadline=None)
def test_cut_of_a_tone_has_no_click(place: int, phase: float, pitch: float) -> None:
    time = np.arange(30 * 22_050) / 22_050
    tone = (0.8 * np.sin(2 * np.pi * pitch * time + phase)).astype(np.float32)[None]
    with TemporaryDirectory() as folder:
        source = recordings.write(Path(folder) / "x", tone, 22_050)
        cut(source, Path(folder) / "y", place, place + 5_000)
        sound, _ = read(Path(folder) / "y")
    steps = np.abs(np.diff(np.concatenate([np.zeros(1), sound[0], np.zeros(1)])))
    steepest = float(np.abs(np.diff(tone[0])).max())

    # Including the steps from silence to the first sample and from the last one to silence.
    assert float(steps.max()) <= steepest * 1.01 + 1e-4
    assert float(steps[[0, -1]].max()) < 0.001


def test_quietest_place_is_a_zero_crossing() -> None:
    tone = recordings.sine(1, 44_100, pitch=100)

    place = quietest_place(tone, 22_000, 20_000, 24_000, 44_100)

    assert tone[0, place - 1] * tone[0, place] <= 0


def test_quietest_place_in_digital_silence_is_the_requested_one() -> None:
    silence = np.zeros((1, 44_100), np.float32)

    assert quietest_place(silence, 22_000, 20_000, 24_000, 44_100) == 22_000


@pytest.mark.parametrize(
    ("length_ms", "shortest", "longest"),
    [(1_000, 1_000, 7_999), (7_990, 1_000, 7_999), (10_000, 10_000, 300_000)],
)
@pytest.mark.parametrize("start_ms", [3_217, 19_345])
def test_cut_does_not_cross_a_limit_of_the_provider(
    sources: Path, tmp_path: Path, length_ms: int, shortest: int, longest: int, start_ms: int
) -> None:
    cut(sources / "mp3", tmp_path / "y", start_ms, start_ms + length_ms)

    assert shortest <= read_metadata(tmp_path / "y").duration_ms <= longest


def test_cut_of_five_minutes_is_an_acceptable_mp3(tmp_path: Path) -> None:
    path = recordings.plain_wav(tmp_path / "x", 330, rate=16_000)

    result = cut(path, tmp_path / "y", 10_111, 310_111)

    metadata = inspect(tmp_path / "y")
    assert (result.extension, metadata.extension, metadata.acceptable) == ("mp3", "mp3", True)
    assert 299_950 <= metadata.duration_ms <= 300_000


def test_cut_of_the_whole_recording_keeps_all_samples(tmp_path: Path) -> None:
    sound = recordings.speech(12)
    path = recordings.write(tmp_path / "x", sound)

    result = cut(path, tmp_path / "y", 0, 99_000)

    copy, _ = read(tmp_path / "y")
    inside = slice(300, -300)  # without the fades
    assert (result.start_ms, result.end_ms) == (0, 12_000)
    assert float(np.abs(copy[:, inside] - sound[:, inside]).max()) < 2 / 32768


def test_cut_reduces_channels_and_rate_to_acceptable_ones(tmp_path: Path) -> None:
    sound = recordings.sine(3, 96_000, channels=8)
    path = recordings.write(tmp_path / "x", sound, 96_000, kind="wav24")

    cut(path, tmp_path / "y", 500, 2_500)

    metadata = inspect(tmp_path / "y", purpose="prompt_audio")
    assert (metadata.channels, metadata.sample_rate, metadata.acceptable) == (1, 48_000, True)
    assert metadata.loudness_db == pytest.approx(-9.03, abs=0.1)


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "code"),
    [(12_000, 17_000, "too_short"), (60_000, 65_000, "too_short"), (0, 800_001, "too_long")],
)
def test_impossible_cut_is_refused(tmp_path: Path, start_ms: int, end_ms: int, code: str) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12)

    with pytest.raises(AudioProblem) as caught:
        cut(path, tmp_path / "y", start_ms, end_ms)

    assert caught.value.code == code
    assert (tmp_path / "y").exists() is False


@pytest.mark.parametrize(("start_ms", "end_ms"), [(5_000, 5_000), (6_000, 5_000), (-1, 5_000)])
def test_empty_cut_raises_value_error(tmp_path: Path, start_ms: int, end_ms: int) -> None:
    path = recordings.plain_wav(tmp_path / "x", 12)

    with pytest.raises(ValueError, match="there is nothing between"):
        cut(path, tmp_path / "y", start_ms, end_ms)


def test_source_of_more_than_a_gigabyte_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.truncate(1024**3 + 1)

    for operation in (cut, isolated.cut):
        with pytest.raises(AudioProblem) as caught:
            operation(path, tmp_path / "y", 0, 5_000)
        assert caught.value.code == "too_large"
