"""Template tags of the history: rows that are laid out once and filled in many times."""

import html
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_attempt, make_user
from voicestudio.models import CloneAttempt, State
from voicestudio.templatetags import layouts
from voicestudio.templatetags.history import attempt_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
HOSTILE = "<b id='x'>&\"\N{SNOWMAN} $name {{ pk }} \ue000pk\ue001"
FINISHED = (State.READY, State.FLAGGED, State.STOPPED, State.FAILED, State.UNKNOWN)


@pytest.fixture
def owner() -> User:
    return make_user("owner")


def row(attempt: CloneAttempt) -> str:
    return attempt_row(CloneAttempt.objects.for_rows().get(pk=attempt.pk))


def laid_out_anew(attempt: CloneAttempt) -> str:
    layouts._laid_out.cache_clear()
    return row(attempt)


@pytest.mark.parametrize(
    "facts",
    [
        *({"state": state} for state in FINISHED),
        {"state": State.READY, "demo": None, "preview_text": "", "model": ""},
        {"state": State.FAILED, "status_code": 1008},
        {"state": State.FAILED, "status_code": 1026},
        {"state": State.FAILED, "status_code": 2039},
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

    assert filled_in == laid_out_anew(second)
    assert filled_in.count(f'id="attempt-{second.pk}"') == 1
    assert filled_in.count("colleague") == 1
    assert first.speaker_name != second.speaker_name
    assert first.speaker_name not in filled_in
    assert first.voice_id not in filled_in


@pytest.mark.parametrize("state", [State.READY, State.FAILED, State.WAITING])
def test_row_escapes_what_people_typed(owner: User, state: State) -> None:
    attempt = make_attempt(state, by=owner, speaker_name=HOSTILE)

    drawn = row(attempt)

    assert drawn.count("<b id=") == 0
    assert drawn.count(f"<bdi>{html.escape(HOSTILE)}</bdi>") == 1


def test_rows_of_one_shape_share_a_layout(owner: User) -> None:
    attempts = [make_attempt(State.STOPPED, by=owner) for _ in range(3)]
    layouts._laid_out.cache_clear()

    for attempt in attempts:
        row(attempt)

    assert layouts._laid_out.cache_info().misses == 1
    assert layouts._laid_out.cache_info().hits == 2
