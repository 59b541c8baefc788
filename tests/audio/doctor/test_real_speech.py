"""The check on recordings of three people: clean they are good, and each defect gets its name."""

from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.evaluation.channels import joined_by
from tests.evaluation.defects import DEFECTS, Defect, Material
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import level_voice, read_voice
from voicestudio.audio.cleanup import LOUDNESS_LUFS, clean_up
from voicestudio.audio.cleanup_trial import try_cleanup
from voicestudio.audio.doctor.run import check

SPEECH = Path(__file__).parents[1] / "speech"


def defect(name: str, size: str) -> Defect:
    return next(each for each in DEFECTS if (each.name, each.size) == (name, size))


def spoiled_codes(folder: Path, voice: str, name: str, size: str) -> list[str]:
    """The codes of the findings on a recording that one defect has spoiled."""
    return [finding.code for finding in check(write_spoiled(folder, voice, name, size)).findings]


def write_spoiled(folder: Path, voice: str, name: str, size: str) -> Path:
    samples, rate = read_voice(SPEECH / voice)
    material = Material(level_voice(samples, rate), rate, generator(voice, name, size))
    sound = np.atleast_2d(defect(name, size).spoil(material))
    return recordings.write(folder / "spoiled.wav", sound, rate)


@pytest.mark.parametrize("voice", ["silero.flac", "austen.flac"])
def test_clean_speech_is_good(voice: str) -> None:
    report = check(SPEECH / voice)

    assert ([finding.code for finding in report.findings], report.verdict) == ([], "good")


@pytest.mark.parametrize("voice", ["silero.flac", "austen.flac"])
def test_verdict_of_every_part_is_that_of_the_whole(tmp_path: Path, voice: str) -> None:
    samples, rate = read_voice(SPEECH / voice)
    starts = range(0, len(samples) - 12 * rate, 4 * rate)

    verdicts = [
        check(
            recordings.write(tmp_path / "x.wav", samples[None, at : at + 12 * rate], rate)
        ).verdict
        for at in starts
    ]

    assert verdicts == ["good"] * len(starts)


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("noise pink", "20 dB", "noisy"),
        ("noise street", "15 dB", "noisy"),
        ("hum 50 Hz", "30 dB(A)", "hum"),
        ("buzz 60 Hz", "30 dB(A)", "hum"),
        ("telephone", "300-3400 Hz", "narrow_band"),
        ("low-pass", "4000 Hz", "narrow_band"),
        ("clipping", "0.5 %", "clipped"),
        ("room", "0.9 s at 1.0 m", "echo"),
        ("packets zeroed", "5 %", "dropouts"),
        ("quiet", "-44 dBFS", "too_quiet"),
        ("dead channel", "-45 dB", "dead_channel"),
    ],
)
@pytest.mark.parametrize("voice", ["silero.flac", "austen.flac"])
def test_defect_gets_its_name(tmp_path: Path, voice: str, name: str, size: str, code: str) -> None:
    assert spoiled_codes(tmp_path, voice, name, size) == [code]


@pytest.mark.parametrize(("voice", "other"), [("silero", "austen"), ("austen", "silero")])
def test_second_voice_is_named_where_it_speaks(tmp_path: Path, voice: str, other: str) -> None:
    samples, rate = read_voice(SPEECH / f"{voice}.flac")
    second, _ = read_voice(SPEECH / f"{other}.flac")
    fifth = joined_by(samples, second, rate, 0.2)
    path = recordings.write(tmp_path / "turns.wav", fifth[None], rate)

    (finding,) = check(path).findings

    assert finding.code == "several_speakers"
    turns = np.flatnonzero(fifth != samples[: len(fifth)])[[0, -1]] / rate
    assert turns[0] - 0.5 < finding.from_s < finding.to_s < turns[1] + 0.5


@pytest.mark.parametrize(
    ("voice", "size"),
    [("silero.flac", "20 dB"), ("silero.flac", "15 dB"), ("austen.flac", "20 dB")],
)
def test_soft_music_is_named_instead_of_what_it_causes(
    tmp_path: Path, voice: str, size: str
) -> None:
    assert spoiled_codes(tmp_path, voice, "music synthetic", size) == ["music"]


def test_clean_copy_removes_all_lines_of_a_buzz(tmp_path: Path) -> None:
    """Of sixty lines, those between 1 and 3 kHz are heard best."""
    path = write_spoiled(tmp_path, "silero.flac", "buzz 50 Hz", "35 dB(A)")

    report = check(path)
    trial = try_cleanup(path, tmp_path / "copy", purpose="voice_clone", verdict=report.verdict)

    assert [finding.code for finding in report.findings] == ["hum"]
    assert trial.helps


def test_clean_copy_has_its_loudness_in_spite_of_limited_shouts(tmp_path: Path) -> None:
    samples, rate = read_voice(SPEECH / "austen.flac")
    soft = 0.2 * samples
    soft[: len(soft) // 8] *= np.float32(10 ** (10 / 20))
    sound = (np.tanh(3 * soft)[None] / 3).astype(np.float32)
    path = recordings.write(tmp_path / "shouts.wav", sound, rate)

    result = clean_up(path, tmp_path / "copy")

    assert result.steps[-1] == "limit"
    assert result.loudness_after == pytest.approx(LOUDNESS_LUFS, abs=0.1)
