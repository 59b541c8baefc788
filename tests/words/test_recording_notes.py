"""Words about recordings: how they were read, why they are refused, what a copy has fixed."""

from voicestudio import words
from voicestudio.audio import rules
from voicestudio.audio.results import FINDING_CODES, NOTE_CODES
from voicestudio.words import recordings
from voicestudio.words.findings import PROBLEM_NAMES


def test_every_note_has_a_sentence() -> None:
    facts = {"stated_ms": 2_000, "track": 2, "count": 3, "codec": "mp3", "kbps": 32}
    notes = [{"code": code, **facts} for code in NOTE_CODES]

    sentences = recordings.describe_notes([*notes, {"code": "unknown"}])

    assert len(sentences) == len(NOTE_CODES)
    assert sentences[0].startswith("The file says it is 0:02 long")


def test_recording_too_long_to_upload_is_told_that_limit() -> None:
    facts = {"duration_ms": 7_500_000, "limit_ms": rules.LONG_MAX_MS}

    to_upload = words.message_for_audio_problem("too_long", facts)
    to_send = words.message_for_audio_problem("too_long", {"limit_ms": 300_000})

    assert str(to_upload.next_step).startswith(
        "It is 2:05:00 long, and the studio takes up to 2:00:00."
    )
    assert "5 minutes" in str(to_send.next_step)


def test_fixed_problems_are_named() -> None:
    message = recordings.compare_copy("copy", "Poor", "Good", ["steady hum", "quiet voice"])

    assert str(message.next_step).endswith("Fixed: steady hum, quiet voice.")
    assert PROBLEM_NAMES.keys() == FINDING_CODES
