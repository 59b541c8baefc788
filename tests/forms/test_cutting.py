"""Times as people type them, and what a length is worth."""

import pytest

from voicestudio.forms.cutting import (
    CutForm,
    describe_length,
    format_length,
    format_time,
    length_bands,
    parse_time,
)
from voicestudio.models import AudioFile


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("62.5", 62_500),
        ("1:02.5", 62_500),
        (" 1:02,5 ", 62_500),
        ("1:02.534", 62_534),
        ("1:02.53499", 62_534),
        ("1:00:02.5", 3_602_500),
        ("90:00", 5_400_000),
        ("１：０２", 62_000),
        ("1:60", None),
        ("1:60:00", None),
        ("", None),
        ("NaN", None),
        ("inf", None),
        ("-1", None),
        ("1e3", None),
        ("1:02.", None),
        ("1:2:3:4", None),
        ("0x10", None),
        ("1:02\x00", None),
        ("９" * 4000, None),
    ],
)
def test_typed_time_is_parsed(text: str, ms: int | None) -> None:
    assert parse_time(text) == ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0:00.0"), (62_570, "1:02.5"), (3_602_500, "1:00:02.5"), (7_199_999, "1:59:59.9")],
)
def test_formatted_time_is_parsed_back(ms: int, text: str) -> None:
    assert (format_time(ms), parse_time(text)) == (text, ms // 100 * 100)


@pytest.mark.parametrize(
    ("ms", "text"),
    [(42_000, "42\u00a0s"), (6_300, "6.3\u00a0s"), (300_000, "5:00"), (72_500, "1:12.5")],
)
def test_length_is_formatted(ms: int, text: str) -> None:
    assert format_length(ms) == text


@pytest.mark.parametrize(
    ("purpose", "ms", "state", "words"),
    [
        ("voice_clone", 9_900, "bad", "9.9\u00a0s — too short, at least 10\u00a0s"),
        ("voice_clone", 10_000, "good", "10\u00a0s — good length"),
        ("voice_clone", 42_000, "good", "42\u00a0s — good length"),
        ("voice_clone", 300_000, "good", "5:00 — good length"),
        ("voice_clone", 300_100, "bad", "5:00.1 — too long, at most 5:00"),
        ("prompt_audio", 900, "bad", "0.9\u00a0s — too short, at least 1\u00a0s"),
        ("prompt_audio", 4_900, "warn", "4.9\u00a0s — a little short, 5 to 7.5 s is best"),
        ("prompt_audio", 5_000, "good", "5\u00a0s — good length"),
        ("prompt_audio", 7_500, "good", "7.5\u00a0s — good length"),
        ("prompt_audio", 7_900, "warn", "7.9\u00a0s — a little long, 5 to 7.5 s is best"),
        ("prompt_audio", 8_000, "bad", "8\u00a0s — too long, must be under 8\u00a0s"),
    ],
)
def test_length_has_state_and_words_for_its_purpose(
    purpose: str, ms: int, state: str, words: str
) -> None:
    assert describe_length(ms, purpose) == {"state": state, "words": words}


@pytest.mark.django_db  # a new row asks the database for the time
@pytest.mark.parametrize("purpose", ["voice_clone", "prompt_audio"])
@pytest.mark.parametrize("ms", [900, 1_000, 7_900, 8_000, 9_900, 10_000, 300_000, 300_100])
def test_form_refuses_only_bad_lengths(purpose: str, ms: int) -> None:
    recording = AudioFile(duration_ms=7_200_000)
    sent = {"start": "1:00.0", "end": format_time(60_000 + ms), "purpose": purpose}

    form = CutForm(sent, recording=recording)

    assert form.is_valid() is (describe_length(ms, purpose)["state"] != "bad")


def test_bands_cover_every_length() -> None:
    for purpose in ("voice_clone", "prompt_audio"):
        edges = [band.below_ms for band in length_bands(purpose)]
        assert edges[-1] is None
        assert edges[:-1] == sorted(edge for edge in edges if edge is not None)
