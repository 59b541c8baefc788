"""Words, recordings: what was done so that a recording can be read."""

from voicestudio.audio.results import NOTE_CODES
from voicestudio.words import recordings


def test_every_note_has_a_sentence() -> None:
    notes = [{"code": code, "stated_ms": 2_000} for code in NOTE_CODES]

    sentences = recordings.describe_notes([*notes, {"code": "unknown"}])

    assert len(sentences) == len(NOTE_CODES)
    assert sentences[0].startswith("The file says it is 0:02 long")
