"""Attempts by page, filter and search, with the same results on both databases."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_attempt, make_project, make_recording, make_user
from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Membership,
    Project,
    Role,
    attempt_queryset,
    search,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(data_dir: Path) -> User:
    return make_user("lea")


@pytest.fixture
def recording(person: User) -> AudioFile:
    return make_recording(by=person)


@pytest.fixture
def ten(person: User, recording: AudioFile) -> list[CloneAttempt]:
    """Ten attempts, oldest first."""
    return [
        make_attempt(AttemptState.FAILED, by=person, recording=recording, speaker_name="Anna")
        for _number in range(10)
    ]


def _pks(attempts: list[CloneAttempt]) -> list[int]:
    return [attempt.pk for attempt in attempts]


@pytest.mark.parametrize("words", ["", "anna"])
def test_pages_lead_to_the_end_and_back(
    words: str, ten: list[CloneAttempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 3)
    newest_first = _pks(ten)[::-1]
    rows = CloneAttempt.objects.all()

    down = [page := rows.page(words=words, size=4)]
    while page.older is not None:
        down.append(page := rows.page(words=words, before=page.older, size=4))
    up = [page]
    while page.newer is not None:
        up.append(page := rows.page(words=words, after=page.newer, size=4))

    assert [_pks(page.attempts) for page in down] == [
        newest_first[:4], newest_first[4:8], newest_first[8:],
    ]  # fmt: skip
    assert down[0].newer is None
    assert up[-1] == down[0]
    assert [pk for page in reversed(up) for pk in _pks(page.attempts)] == newest_first


@pytest.mark.parametrize("words", ["", "anna"])
@pytest.mark.parametrize("stretch", [0, 2, 100])
def test_pages_of_several_projects_have_the_rows_of_each(
    words: str, stretch: int, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_queryset, "STRETCH", stretch)
    projects = [Project.first(), make_project(), make_project()]
    Membership.objects.create(project=projects[1], person=person, role=Role.REVIEWER)
    own, other = (0, 1, 0, 2, 1, 0, 1, 1), (2, 2, 2, 2, 2)
    pks = [
        make_attempt(AttemptState.FAILED, project=projects[place], speaker_name="Anna").pk
        for place in (*own, *other)
    ]
    seen = [pk for pk, place in zip(pks, own, strict=False) if place != 2][::-1]
    rows = CloneAttempt.objects.for_rows().visible_to(person)

    first = rows.page(words=words, size=3)
    middle = rows.page(words=words, size=3, before=first.older)
    last = rows.page(words=words, size=3, before=middle.older)

    assert [_pks(page.attempts) for page in (first, middle, last)] == [
        seen[:3], seen[3:6], seen[6:],
    ]  # fmt: skip
    assert last.older is None
    assert rows.page(words=words, size=3, after=last.newer) == middle


@pytest.mark.skipif("connection.vendor != 'postgresql'")
@pytest.mark.parametrize(("stretch", "count"), [(100, 2), (2, 4)])
def test_projects_are_read_alone_only_where_the_newest_rows_are_of_others(
    stretch: int,
    count: int,
    person: User,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(attempt_queryset, "STRETCH", stretch)
    mine, others = make_project(), make_project()
    Membership.objects.create(project=mine, person=person, role=Role.MANAGER)
    for project in (mine, mine, others, others, others):
        make_attempt(AttemptState.FAILED, project=project)
    rows = CloneAttempt.objects.visible_to(person)

    with django_assert_num_queries(count):
        page = rows.page(size=1)

    assert [attempt.project for attempt in page.attempts] == [mine]


def test_page_near_the_start_is_the_full_first_page(ten: list[CloneAttempt]) -> None:
    rows = CloneAttempt.objects.all()

    assert rows.page(after=ten[-2].pk, size=4) == rows.page(size=4)


def test_empty_page_has_no_neighbours() -> None:
    assert CloneAttempt.objects.page(words="nobody") == ([], None, None)


def test_query_count_of_a_page_is_fixed(
    ten: list[CloneAttempt], django_assert_num_queries: object
) -> None:
    def queries(**options: object) -> int:
        with connection.execute_wrapper(counter := _Counter()):
            CloneAttempt.objects.page(**options)  # type: ignore[arg-type]
        return counter.count

    assert queries() == queries(before=ten[0].pk) == 1
    assert queries(after=ten[0].pk, size=4) == 1
    assert queries(words="anna") == 1
    assert queries(words="an") <= 2


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        self.count += 1
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    "words",
    [
        "João", "joao", "JOÃO PRA", "oão", "Prado-8s", "soft grass", "SOFT  GRASS",
        "jo", "%", "100%_sure", 'say "hi"', "it's", "o", "\\",
    ],
)  # fmt: skip
def test_search_finds_speaker_voice_id_and_preview_text(
    words: str, person: User, recording: AudioFile
) -> None:
    wanted = make_attempt(
        AttemptState.FAILED, by=person, recording=recording, speaker_name="João Prado",
        voice_id="JoaoPrado-8s6r",
        preview_text="The soft grass, 100%_sure, they say \"hi\" and it's \\ fine.",
    )  # fmt: skip
    make_attempt(
        AttemptState.FAILED, by=person, recording=recording, speaker_name="Mei",
        voice_id="Mei-3h7vvv", preview_text="Never.",
    )  # fmt: skip

    assert _pks(CloneAttempt.objects.page(words=words).attempts) == [wanted.pk]


@pytest.mark.parametrize("words", ["王芳", "王", "房间里"])
def test_search_finds_words_without_spaces(words: str, person: User, recording: AudioFile) -> None:
    wanted = make_attempt(
        AttemptState.FAILED, by=person, recording=recording, speaker_name="王芳",
        preview_text="今天房间里很安静。",
    )  # fmt: skip
    make_attempt(AttemptState.FAILED, by=person, recording=recording, speaker_name="Anna")

    assert _pks(CloneAttempt.objects.page(words=words).attempts) == [wanted.pk]


@pytest.mark.parametrize(
    "words", ['"', "*", "a OR b", "NEAR(anna)", "search_text:anna", "'; DROP TABLE x", "\0", "-"]
)
def test_search_takes_special_characters_literally(words: str, ten: list[CloneAttempt]) -> None:
    found = CloneAttempt.objects.page(words=words.replace("\0", "")).attempts

    # A dash stands in every voice ID, and nothing is every attempt.
    assert len(found) == (10 if words in "-\0" else 0)


def test_search_continues_past_rows_that_other_filters_exclude(
    person: User, recording: AudioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 3)
    wanted = make_attempt(AttemptState.STOPPED, by=person, recording=recording, speaker_name="Anna")
    for _number in range(10):
        make_attempt(AttemptState.FAILED, by=person, recording=recording, speaker_name="Anna")

    page = CloneAttempt.objects.in_state(AttemptState.STOPPED).page(words="anna")

    assert _pks(page.attempts) == [wanted.pk]


@pytest.mark.parametrize("words", ["qx", "q", "龍", "x龍"])
@pytest.mark.parametrize("state", ["", AttemptState.STOPPED])
def test_search_finds_one_or_two_letters_anywhere(
    words: str, state: str, person: User, recording: AudioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 2)
    wanted = make_attempt(
        AttemptState.STOPPED, by=person, recording=recording, speaker_name="Anna",
        preview_text="It ends with qx龍",
    )  # fmt: skip
    for _number in range(10):
        make_attempt(AttemptState.STOPPED, by=person, recording=recording, speaker_name="Anna")
    rows = CloneAttempt.objects.in_state(state) if state else CloneAttempt.objects.all()

    assert _pks(rows.page(words=words).attempts) == [wanted.pk]
    assert rows.page(words="qz").attempts == []


def test_search_does_not_find_a_deleted_attempt(ten: list[CloneAttempt]) -> None:
    ten[0].delete()

    assert len(CloneAttempt.objects.page(words="anna").attempts) == 9


@pytest.mark.parametrize("state", list(AttemptState))
def test_in_state_agrees_with_the_state_of_each_row(
    state: AttemptState, person: User, recording: AudioFile
) -> None:
    for made in AttemptState:
        make_attempt(made, by=person, recording=recording)
    make_attempt(
        AttemptState.CLONING, by=person, recording=recording,
        lease_until=timezone.now() - timedelta(seconds=1),
    )  # fmt: skip

    by_query = set(CloneAttempt.objects.in_state(state).values_list("pk", flat=True))
    by_row = {row.pk for row in CloneAttempt.objects.all() if row.state == state}

    assert by_query == by_row
    assert len(by_row) == (2 if state == AttemptState.UNKNOWN else 1)


def test_between_includes_the_start_and_excludes_the_end(
    person: User, recording: AudioFile
) -> None:
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    before, first, inside, last = (
        make_attempt(AttemptState.FAILED, by=person, recording=recording, created_at=noon + step)
        for step in (
            timedelta(seconds=-1), timedelta(0), timedelta(hours=3), timedelta(hours=24),
        )
    )  # fmt: skip

    found = CloneAttempt.objects.between(noon, noon + timedelta(hours=24))

    assert set(found) == {first, inside}
    assert {before, last}.isdisjoint(found)
    assert list(CloneAttempt.objects.between(noon + timedelta(days=9), None)) == []


def test_anonymous_user_sees_no_attempt(ten: list[CloneAttempt], person: User) -> None:
    inactive = make_user("inactive", is_active=False)

    assert list(CloneAttempt.objects.visible_to(AnonymousUser())) == []
    assert list(CloneAttempt.objects.visible_to(inactive)) == []
    assert CloneAttempt.objects.visible_to(person).count() == 10


@pytest.mark.parametrize("words", ["", "anna", "an"])
def test_search_within_a_period_has_pages(
    words: str, person: User, recording: AudioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 2)
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    newest_first = _pks(
        [
            make_attempt(
                AttemptState.FAILED, by=person, recording=recording, speaker_name="Anna",
                created_at=noon + timedelta(seconds=step),
            )
            for step in (-90, -30, 0, 20, 40, 60, 90, 150)
        ]
    )[::-1]  # fmt: skip
    period = (noon, noon + timedelta(seconds=90))
    rows = CloneAttempt.objects.all()

    first = rows.page(words=words, period=period, size=3)
    second = rows.page(words=words, period=period, before=first.older, size=3)
    back = rows.page(words=words, period=period, after=second.newer, size=3)

    assert _pks(first.attempts) == newest_first[2:5]
    assert (_pks(second.attempts), second.older) == (newest_first[5:6], None)
    assert back == first
    assert rows.page(words=words, period=(noon + timedelta(days=9), None)).attempts == []
    assert rows.page(words=words, period=(None, noon - timedelta(days=9))).attempts == []


def test_in_state_combines_with_other_filters(person: User, recording: AudioFile) -> None:
    made = [
        make_attempt(AttemptState.INTERRUPTED, by=person, recording=recording, model=model)
        for model in ("speech-2.8-hd", "speech-2.6-hd")
    ]

    both = CloneAttempt.objects.in_state(AttemptState.INTERRUPTED)
    attempts = CloneAttempt.objects.filter(model="speech-2.6-hd").in_state(AttemptState.INTERRUPTED)

    assert _pks(both.page().attempts) == _pks(made)[::-1]
    assert _pks(attempts.page().attempts) == [made[1].pk]


@pytest.mark.parametrize("words", ["", "anna", "an"])
@pytest.mark.parametrize("edge", [2**63 - 1, 2**63 - 2])
def test_pages_beside_the_largest_ids(words: str, edge: int, ten: list[CloneAttempt]) -> None:
    rows = CloneAttempt.objects.all()

    assert len(rows.page(words=words, after=edge).attempts) == 10
    assert len(rows.page(words=words, before=edge).attempts) == 10
