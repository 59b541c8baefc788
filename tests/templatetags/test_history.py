"""Template tags of the history: rows that are laid out once and filled in many times."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.factories import make_attempt, make_user
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.templatetags import row_cache
from voicestudio.templatetags.history import attempt_row
from voicestudio.templatetags.progress import stages, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
HOSTILE = "<b id='x'>&\"\N{SNOWMAN} $name {{ pk }} \ue000pk\ue001"

RETRY = datetime(2026, 11, 25, 14, 32, 9, tzinfo=UTC)


@pytest.fixture
def owner() -> User:
    return make_user("owner")


def row(attempt: CloneAttempt) -> str:
    return attempt_row(CloneAttempt.objects.for_rows().get(pk=attempt.pk))


def laid_out_anew(attempt: CloneAttempt) -> str:
    row_cache._laid_out.cache_clear()
    return row(attempt)


def without_times(drawn: str) -> str:
    """What does not change from one moment to the next."""
    return re.sub(r'data-since="\d+">[0-9:]+|delay:\d+ms', "", drawn)


@pytest.mark.parametrize(
    "facts",
    [
        *({"state": state} for state in AttemptState),
        {"state": AttemptState.READY, "audio": None, "preview_text": "", "model": ""},
        {"state": AttemptState.READY, "audio": None},
        {"state": AttemptState.READY, "audio": None, "audio_trouble": "too_large"},
        {"state": AttemptState.FAILED, "status_code": 1008},
        {"state": AttemptState.FAILED, "status_code": 1026},
        {"state": AttemptState.FAILED, "status_code": 2039},
    ],
)
def test_row_from_a_layout_is_the_row_laid_out_for_itself(
    owner: User, facts: dict[str, Any]
) -> None:
    state = facts.pop("state")
    first = make_attempt(state, by=owner, **facts)
    second = make_attempt(state, by=make_user("colleague"), **facts)

    row(first)
    filled_in = row(second)

    assert without_times(filled_in) == without_times(laid_out_anew(second))
    assert filled_in.count(f'id="attempt-{second.pk}"') == 1
    assert filled_in.count("colleague") == 1
    assert first.speaker_name != second.speaker_name
    assert first.speaker_name not in filled_in
    assert first.voice_id not in filled_in


@pytest.mark.parametrize("state", [AttemptState.READY, AttemptState.FAILED, AttemptState.WAITING])
def test_row_escapes_what_people_typed(owner: User, state: AttemptState) -> None:
    attempt = make_attempt(state, by=owner, speaker_name=HOSTILE)

    drawn = row(attempt)

    assert drawn.count("<b id=") == 0
    assert drawn.count(f"<bdi>{html.escape(HOSTILE)}</bdi>") == 1


def test_rows_of_one_shape_share_a_layout(owner: User) -> None:
    attempts = [make_attempt(AttemptState.STOPPED, by=owner) for _ in range(3)]
    row_cache._laid_out.cache_clear()

    for attempt in attempts:
        row(attempt)

    assert row_cache._laid_out.cache_info().misses == 1
    assert row_cache._laid_out.cache_info().hits == 2


def test_stages_tell_how_long_each_took(owner: User) -> None:
    now = timezone.now()
    attempt = make_attempt(
        AttemptState.CLONING, by=owner, claimed_at=now - timedelta(seconds=8),
        uploaded_at=now - timedelta(seconds=6.8), sent_at=now - timedelta(seconds=6),
    )  # fmt: skip

    drawn = stages(attempt)

    assert re.findall(r"<li (.*?)>\s*(.+?)\s*<span>(?:<.*?>)?(.*?)<", drawn) == [
        ("data-done", "Recording uploaded", "1.2\xa0s"),
        ('aria-current="step"', "MiniMax is cloning the voice", "0:06"),
        ("", "Preview saved", ""),
    ]
    assert 6_000 <= int(re.findall(r'data-since="(\d+)"', drawn)[0]) < 60_000


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "Starts by itself, in a moment."),
        ({"ahead": 1}, "Starts by itself; 1 attempt is before it."),
        ({"ahead": 12}, "Starts by itself; 12 attempts are before it."),
        ({"trouble": "rate_limit", "retry_at": RETRY}, "We try again at 14:32 UTC."),
        ({"trouble": "in_line", "retry_at": RETRY}, "Its turn is at 14:32:09, by itself."),
    ],
)
def test_waiting_says_why_and_until_when(owner: User, facts: dict[str, Any], line: str) -> None:
    attempt = make_attempt(AttemptState.WAITING, by=owner)
    for name, value in facts.items():
        setattr(attempt, name, value)

    said = re.sub(r"<time [^>]*>|</time>", "", waiting(attempt))

    assert re.findall(r'small">(.*?)</', said) == [line]
