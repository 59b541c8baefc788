"""Rows of the lists: a row from a cached layout equals the same row rendered alone."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone

from tests.factories import (
    make_attempt,
    make_checked_recording,
    make_finding,
    make_recording,
    make_user,
)
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Voice
from voicestudio.templatetags import row_cache, rows
from voicestudio.templatetags.progress import stages, waiting
from voicestudio.views.attach_uses import attach_uses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
HOSTILE = "<b id='x'>&\"\N{SNOWMAN} $name {{ pk }} \ue000pk\ue001"
RETRY_AT = datetime(2026, 11, 25, 14, 32, 9, tzinfo=UTC)


@pytest.fixture
def owner() -> User:
    return make_user("owner")


def render(row: CloneAttempt | Voice | AudioFile) -> str:
    request = HttpRequest()
    match row:
        case CloneAttempt():
            request.user = row.created_by
            attempt = CloneAttempt.objects.for_rows().get(pk=row.pk)
            return rows.attempt_row(Context({"request": request}), attempt)
        case Voice():
            row.cost = getattr(row, "cost", Decimal(0))  # type: ignore[attr-defined]
            row.tag_names = [tag.name for tag in row.tags.all()]  # type: ignore[attr-defined]
            request.user = row.speaker.created_by
            attach_name(row, row.attempt.created_by if row.attempt else None)
            return rows.voice_row(Context({"request": request}), row)
    attach_uses([row])
    request.user = row.created_by
    attach_name(row, row.created_by)
    return rows.recording_row(Context({"csrf_token": "token", "request": request}), row)


def attach_name(row: Voice | AudioFile, person: User | None) -> None:
    """Set what `for_rows` reads of the person."""
    for name in ("first_name", "last_name", "username"):
        setattr(row, f"person_{name}", getattr(person, name, None))


def render_alone(row: CloneAttempt | Voice | AudioFile) -> str:
    row_cache._layout.cache_clear()
    return render(row)


def without_times(rendered: str) -> str:
    """The row without what changes from one moment to the next."""
    return re.sub(r'data-since="\d+">[0-9:]+|delay:\d+ms', "", rendered)


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
def test_attempt_row_shows_only_its_own_attempt(owner: User, facts: dict[str, Any]) -> None:
    state = facts.pop("state")
    first = make_attempt(state, by=owner, **facts)
    second = make_attempt(state, by=make_user("colleague"), **facts)

    render(first)
    rendered = render(second)

    assert without_times(rendered) == without_times(render_alone(second))
    assert rendered.count(f'id="attempt-{second.pk}"') == 1
    assert rendered.count("colleague") == 1
    assert first.speaker_name not in rendered
    assert first.voice_id not in rendered


def test_voice_row_shows_only_its_own_voice(owner: User) -> None:
    first, second = (make_attempt(AttemptState.READY, by=owner).cloned_voice for _ in range(2))
    assert first is not None
    assert second is not None
    second.tags.create(name="warm")

    render(first)
    rendered = render(second)

    assert rendered == render_alone(second)
    assert rendered.count(f'id="voice-{second.pk}"') == 1
    assert rendered.count("<b>warm</b>") == 1
    assert first.voice_id not in rendered


@pytest.mark.parametrize("finding", [[], [make_finding("hum"), make_finding("noisy")]])
def test_recording_row_shows_only_its_own_recording(owner: User, finding: list[Any]) -> None:
    first, second = (
        make_checked_recording("usable", *finding, by=owner, name=name)
        for name in ("first.wav", "second.wav")
    )

    render(first)
    rendered = render(second)

    assert rendered == render_alone(second)
    assert rendered.count(f'id="recording-{second.pk}"') == 1
    assert rendered.count(f'id="verdict-{second.pk}"') == 1
    assert "first.wav" not in rendered


@pytest.mark.parametrize(("cost", "shown"), [("0.004", 0), ("1.50", 1)])
def test_voice_row_shows_costs_from_a_cent_on(owner: User, cost: str, shown: int) -> None:
    voice = make_attempt(AttemptState.READY, by=owner).cloned_voice
    assert voice is not None
    voice.cost = Decimal(cost)  # type: ignore[attr-defined]

    assert render(voice).count('data-column="cost"') == shown


def test_kept_voice_has_the_day_in_its_row_and_the_minute_on_its_page(owner: User) -> None:
    voice = make_attempt(AttemptState.READY, by=owner).cloned_voice
    assert voice is not None
    voice.kept_at = timezone.now()

    assert rows.voice_term(voice).count('data-style="day"') == 1
    assert rows.voice_term(voice, short=True).count('data-style="moment"') == 1


def test_recording_row_names_each_speaker_once(owner: User) -> None:
    recording = make_recording(by=owner)
    for _ in range(3):
        newest = make_attempt(by=owner, speaker_name="Anna", recording=recording)

    rendered = render(recording)

    assert re.findall(r'href="(/history/\d+/)"', rendered) == [f"/history/{newest.pk}/"]
    assert rendered.count("and others") == 0


@pytest.mark.parametrize("state", [AttemptState.READY, AttemptState.FAILED, AttemptState.WAITING])
def test_rows_escape_what_people_typed(owner: User, state: AttemptState) -> None:
    attempt = make_attempt(state, by=owner, speaker_name=HOSTILE)
    recording = make_recording(by=owner, name=HOSTILE)
    escaped = html.escape(HOSTILE)

    rendered = render(attempt) + render(recording)

    assert rendered.count("<b id=") == 0
    assert rendered.count(f"<bdi>{escaped}</bdi>") == 1
    assert rendered.count(f'dir="auto"><span>{escaped}</span></a>') == 1


def test_rows_of_one_shape_share_a_layout(owner: User) -> None:
    attempts = [make_attempt(AttemptState.STOPPED, by=owner) for _ in range(3)]
    row_cache._layout.cache_clear()

    for attempt in attempts:
        render(attempt)

    assert row_cache._layout.cache_info().misses == 1
    assert row_cache._layout.cache_info().hits == 2


def test_stages_show_how_long_each_took(owner: User) -> None:
    now = timezone.now()
    attempt = make_attempt(
        AttemptState.CLONING, by=owner, claimed_at=now - timedelta(seconds=8),
        uploaded_at=now - timedelta(seconds=6.8), sent_at=now - timedelta(seconds=6),
    )  # fmt: skip

    rendered = stages(attempt)

    assert re.findall(r"<li (.*?)>\s*.+?\s*<span>(?:<.*?>)?(.*?)<", rendered) == [
        ("data-done", "1.2\xa0s"),
        ('aria-current="step"', "0:06"),
        ("", ""),
    ]
    assert 6_000 <= int(re.findall(r'data-since="(\d+)"', rendered)[0]) < 60_000


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "Starts in a moment."),
        ({"ahead": 1}, "Starts after 1 other attempt."),
        ({"ahead": 12}, "Starts after 12 other attempts."),
        ({"trouble": "rate_limit", "retry_at": RETRY_AT}, "We'll try again at 14:32 UTC."),
        ({"trouble": "in_line", "retry_at": RETRY_AT}, "It will start at 14:32:09."),
    ],
)
def test_waiting_shows_why_and_until_when(owner: User, facts: dict[str, Any], line: str) -> None:
    attempt = make_attempt(AttemptState.WAITING, by=owner)
    for name, value in facts.items():
        setattr(attempt, name, value)

    rendered = re.sub(r"<time [^>]*>|</time>", "", waiting(attempt))

    assert re.findall(r'small">(.*?)</', rendered) == [line]
