"""Audio: report, envelope and suggestions from one pass."""

from pathlib import Path

import pytest

from tests.audio import recordings
from tests.audio.doctor import defects, synthetic_speech
from tests.audio.doctor.synthetic_speech import RATE
from voicestudio import words
from voicestudio.audio import AudioProblem, Suggestion, isolated, read_bars, rules
from voicestudio.audio.analysis import analyze
from voicestudio.audio.doctor import analyzers
from voicestudio.audio.doctor.run import check


def test_analysis_contains_the_report_of_a_check(tmp_path: Path) -> None:
    clip = synthetic_speech.speech_in_room("English")
    path = recordings.write(tmp_path / "x", clip[None], RATE)

    analysis = analyze(path, tmp_path / "envelope", suggest_from_ms=120_000)

    assert analysis.report == check(path)


@pytest.mark.parametrize(
    ("purpose", "from_ms", "suggested"),
    [("voice_clone", 5_000, True), ("voice_clone", 120_000, False), ("prompt_audio", 5_000, False)],
)
def test_passages_are_suggested_for_long_samples_only(
    tmp_path: Path, purpose: str, from_ms: int, suggested: bool
) -> None:
    path = recordings.write(tmp_path / "x", synthetic_speech.speech_in_room("English")[None], RATE)

    analysis = analyze(path, tmp_path / "envelope", purpose=purpose, suggest_from_ms=from_ms)

    assert (analysis.suggestion != Suggestion()) is suggested


def test_envelope_covers_a_recording_whose_analysis_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzers, "_CONSTANT_MAX_S", 10.0)
    sound = recordings.sine(40, 8_000, level=0.0)
    sound[:, -8_000 * 10 :] = recordings.sine(10, 8_000)
    path = recordings.write(tmp_path / "x", sound, 8_000)

    analysis = analyze(path, tmp_path / "envelope", suggest_from_ms=120_000)

    assert analysis.report.verdict == "unusable"
    assert read_bars(tmp_path / "envelope", 0, 40_000, 40)[::13] == [0, 0, 0, 100]


def test_undecodable_file_leaves_no_envelope(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"RIFF    WAVEfmt nothing")

    with pytest.raises(AudioProblem):
        analyze(tmp_path / "x", tmp_path / "envelope", suggest_from_ms=1)

    assert not (tmp_path / "envelope").exists()


@pytest.mark.parametrize(("lines", "helps"), [(3, True), (50, False)])
def test_clean_copy_is_offered_only_where_it_removes_the_hum(
    tmp_path: Path, lines: int, helps: bool
) -> None:
    """Under fluent speech, the lines of a buzz are not clear enough to be removed."""
    sound = defects.hum(synthetic_speech.speech_in_room("English"), 50, 30, lines=lines)
    path = recordings.write(tmp_path / "x", sound[None], RATE)

    report = analyze(path, tmp_path / "envelope", suggest_from_ms=120_000).report
    trial = isolated.try_cleanup(
        path, tmp_path / "copy", purpose="voice_clone", verdict=report.verdict
    )
    advice = words.describe_finding("hum", clean_copy_helps=trial.helps).what_to_do

    assert [(each.code, each.clean_copy_helps) for each in report.findings] == [("hum", None)]
    assert (report.needs_cleanup_trial, trial.helps) == (True, helps)
    assert ("clean copy" in str(advice)) is helps
    assert sorted(file.name for file in tmp_path.iterdir()) == ["envelope", "x"]


def test_hint_is_no_reason_to_suggest_a_passage(tmp_path: Path) -> None:
    quiet = synthetic_speech.set_level(synthetic_speech.speech_in_room("English"), -37)
    path = recordings.write(tmp_path / "x", quiet[None], RATE)

    analysis = analyze(path, tmp_path / "envelope", suggest_from_ms=120_000)

    assert [(each.code, each.severity) for each in analysis.report.findings] == [("too_quiet", 0)]
    assert analysis.suggestion == Suggestion()


def test_clean_copy_is_not_tried_on_what_has_to_be_cut_first(tmp_path: Path) -> None:
    humming = defects.hum(synthetic_speech.speech_in_room("English"), 50, 30, lines=3)
    longest_s = rules.SPANS["prompt_audio"].longest / 1000
    path = recordings.write(tmp_path / "x", humming[None, : round((longest_s + 2) * RATE)], RATE)

    reports = [check(path, purpose=purpose) for purpose in ("voice_clone", "prompt_audio")]

    assert ["hum" in {each.code for each in report.findings} for report in reports] == [True, True]
    assert [report.needs_cleanup_trial for report in reports] == [True, False]


def test_prompt_clip_with_little_speech_is_not_told_to_last_minutes() -> None:
    text = words.describe_finding("little_speech", purpose="prompt_audio")

    assert str(text.what_to_do) == "Choose 5 to 8 seconds of continuous speech."


@pytest.mark.parametrize(
    ("value", "title"),
    [
        (0.2, "This recording is silent."),  # seconds of sound
        (0.6, "A large part of this recording is silent."),  # a share
        (4.5, "There is a long silence in this recording."),  # seconds of silence
    ],
)
def test_silence_is_described_by_what_was_measured(value: float, title: str) -> None:
    assert str(words.describe_finding("silence", value).title) == title
