"""Audio: report, envelope and suggestions from one pass."""

from pathlib import Path

import pytest

from tests.audio import recordings
from tests.audio.doctor import defects, synthetic_speech
from tests.audio.doctor.synthetic_speech import RATE
from voicestudio import words
from voicestudio.audio import AudioProblem, Suggestion, read_bars
from voicestudio.audio.analysis import analyze
from voicestudio.audio.cleanup_trial import try_cleanup
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

    findings = analyze(path, tmp_path / "envelope", suggest_from_ms=120_000).report.findings
    offers = [
        "clean copy"
        in str(words.describe_finding("hum", clean_copy_helps=each.clean_copy_helps).what_to_do)
        for each in findings
    ]

    assert offers == [helps]
    assert [(each.code, each.clean_copy_helps) for each in findings] == [("hum", helps)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["envelope", "x"]


def test_hint_is_no_reason_to_suggest_a_passage(tmp_path: Path) -> None:
    quiet = synthetic_speech.set_level(synthetic_speech.speech_in_room("English"), -37)
    path = recordings.write(tmp_path / "x", quiet[None], RATE)

    analysis = analyze(path, tmp_path / "envelope", suggest_from_ms=120_000)

    assert [(each.code, each.severity) for each in analysis.report.findings] == [("too_quiet", 0)]
    assert analysis.suggestion == Suggestion()


def test_report_is_kept_if_the_clean_copy_cannot_be_written(tmp_path: Path) -> None:
    path = recordings.write(
        tmp_path / "x",
        defects.hum(synthetic_speech.speech_in_room("English"), 50, 30, lines=3)[None],
        RATE,
    )
    report = check(path)

    assert try_cleanup(path, tmp_path / "missing" / "copy", report, "voice_clone") == report


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
