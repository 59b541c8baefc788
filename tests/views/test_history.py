"""The history: what stands in it, how it is searched, filtered and paged."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_attempt, make_recording, make_user
from tests.views.pages import text
from voicestudio.models import AttemptState, Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
URL = "/history/"
PART = {"hx-request": "true", "hx-target": "results"}


def shown(response: Any) -> list[int]:
    """The ids of the attempts on the page, from top to bottom."""
    return [int(pk) for pk in re.findall(r'<li class="attempt" id="attempt-(\d+)"', text(response))]


def test_history_shows_the_newest_first(browser: Client, owner: User) -> None:
    first = make_attempt(by=owner)
    second = make_attempt(by=owner)

    assert shown(browser.get(URL)) == [second.pk, first.pk]


def test_colleague_sees_the_same(client: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)
    client.force_login(make_user("colleague"))

    assert shown(client.get(URL)) == [attempt.pk]


def test_empty_history_offers_the_next_step(browser: Client) -> None:
    page = text(browser.get(URL))

    assert page.count("No clone attempts yet") == 1
    assert page.count("Clone a voice") == 1


def test_nothing_found_offers_to_clear(browser: Client, owner: User) -> None:
    make_attempt(by=owner)

    page = text(browser.get(URL, {"q": "nobody at all"}))

    assert page.count("No results") == 1
    assert page.count('href="/history/">Clear search and filters') == 1


@pytest.mark.parametrize("state", list(AttemptState))
def test_state_filter_shows_only_its_state(
    browser: Client, owner: User, state: AttemptState
) -> None:
    made = {each: make_attempt(each, by=owner).pk for each in AttemptState}

    assert shown(browser.get(URL, {"state": state.value})) == [made[state]]


def test_flag_filter_separates_flagged_attempts(browser: Client, owner: User) -> None:
    flagged = make_attempt(AttemptState.FLAGGED, by=owner)
    ready = make_attempt(AttemptState.READY, by=owner)
    failed = make_attempt(AttemptState.FAILED, by=owner)

    assert shown(browser.get(URL, {"flag": "yes"})) == [flagged.pk]
    assert shown(browser.get(URL, {"flag": "no"})) == [failed.pk, ready.pk]


def test_model_and_person_filters(browser: Client, owner: User) -> None:
    colleague = make_user("colleague")
    mine = make_attempt(by=owner, model="speech-2.8-turbo")
    theirs = make_attempt(by=colleague)

    assert shown(browser.get(URL, {"model": "speech-2.8-turbo"})) == [mine.pk]
    assert shown(browser.get(URL, {"person": colleague.pk})) == [theirs.pk]


def test_model_filter_shows_readable_names(browser: Client, owner: User) -> None:
    page = text(browser.get(URL, {"filters": "shown"}))

    assert re.search(r'value="speech-2.8-hd"[^>]*>2.8 hd: best quality<', page)
    assert ">speech-" not in page


def test_dates_include_both_days(browser: Client, owner: User) -> None:
    days = [datetime(2026, 3, day, 23, 30, tzinfo=UTC) for day in (1, 2, 3, 4)]
    made = [make_attempt(by=owner, created_at=day).pk for day in days]

    found = shown(browser.get(URL, {"since": "2026-03-02", "until": "2026-03-03"}))

    assert found == [made[2], made[1]]


@pytest.mark.parametrize("words", ["larsen", "ANNALARSEN-7", "gentle breeze"])
def test_search_looks_at_speaker_voice_id_and_text(
    browser: Client, owner: User, words: str
) -> None:
    wanted = make_attempt(
        by=owner,
        speaker_name="Anna Larsen",
        voice_id="AnnaLarsen-7k2p",
        preview_text="Gentle breeze",
    )
    make_attempt(by=owner, preview_text="Something else")

    assert shown(browser.get(URL, {"q": words})) == [wanted.pk]


def test_pages_lead_from_end_to_end_and_back(browser: Client, owner: User) -> None:
    made = [make_attempt(AttemptState.FAILED, by=owner).pk for _ in range(30)][::-1]

    first = browser.get(URL)
    second = browser.get(URL, {"before": made[24]})
    back = browser.get(URL, {"after": made[25]})

    assert shown(first) == made[:25]
    assert shown(second) == made[25:]
    assert shown(back) == made[:25]
    assert re.findall(r'href="([^"]+)" rel="next"', text(first)) == [f"/history/?before={made[24]}"]
    assert re.findall(r'href="([^"]+)" rel="prev"', text(first)) == []
    assert re.findall(r'href="([^"]+)" rel="next"', text(second)) == []
    assert re.findall(r'href="([^"]+)" rel="prev"', text(second)) == [f"/history/?after={made[25]}"]


def test_links_keep_the_filters(browser: Client, owner: User) -> None:
    made = [make_attempt(AttemptState.FAILED, by=owner).pk for _ in range(26)][::-1]

    page = text(browser.get(URL, {"state": "failed", "q": "", "before": "999999"}))

    assert re.findall(r'href="([^"]+)" rel="next"', page) == [
        f"/history/?state=failed&amp;q=&amp;before={made[24]}"
    ]


def test_page_beyond_the_end_leads_back(browser: Client, owner: User) -> None:
    make_attempt(by=owner)

    page = text(browser.get(URL, {"before": "1"}))

    assert page.count("No more attempts") == 1


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"since": "2026-02-31"}, "From"),
        ({"until": "9999-12-31"}, "To"),
        ({"since": "0001-01-01"}, "From"),
        ({"state": "happy"}, "State"),
        ({"flag": "maybe"}, "Moderation flag"),
        ({"model": "speech-9"}, "Model"),
        ({"person": "99999999999999999999999999"}, "Person"),
        ({"person": "1 OR 1=1"}, "Person"),
        ({"q": "nul\0byte"}, "Search"),
        ({"q": "x" * 500}, "Search"),
    ],
)
def test_invalid_filter_is_ignored_and_named(
    browser: Client, owner: User, query: dict[str, str], named: str
) -> None:
    attempt = make_attempt(by=owner)

    response = browser.get(URL, query)

    assert response.status_code == 200
    assert shown(response) == [attempt.pk]
    assert text(response).count(f"were ignored: {named}.") == 1


@pytest.mark.parametrize("cursor", ["abc", "-1", "1" + "0" * 30, "\0", "1.5", "٣", ""])
@pytest.mark.parametrize("name", ["before", "after"])
def test_invalid_cursor_shows_the_first_page(
    browser: Client, owner: User, name: str, cursor: str
) -> None:
    attempt = make_attempt(by=owner)

    response = browser.get(URL, {name: cursor})

    assert response.status_code == 200
    assert shown(response) == [attempt.pk]


def test_huge_search_finds_nothing(browser: Client, owner: User) -> None:
    make_attempt(by=owner)

    for words in ('"', '" OR "', "%", "_", "\\", "' --", "(((", "🎤", "a*", "NEAR(a b)"):
        assert browser.get(URL, {"q": words}).status_code == 200


def test_htmx_gets_only_the_results(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)

    response = browser.get(URL, {"q": "", "state": "ready"}, headers=PART)

    assert shown(response) == [attempt.pk]
    assert text(response).count("<html") == 0
    assert text(response).count('id="results"') == 1
    assert text(response).count('id="views"') == 1
    assert response["HX-Push-Url"] == "/history/?state=ready"


def test_part_and_page_are_kept_apart_by_caches(browser: Client) -> None:
    response = browser.get(URL)

    assert {"HX-Request", "HX-Target", "Cookie"} <= set(response["Vary"].split(", "))
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_does_not_grow(
    browser: Client, owner: User, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        by = owner if number % 2 else make_user()
        make_attempt(AttemptState.WAITING if number % 3 else AttemptState.FLAGGED, by=by)
    make_attempt(AttemptState.WAITING, by=owner)

    # session, user, access, attempts, those who wait
    with django_assert_num_queries(5):
        browser.get(URL)


def test_changes_of_25_rows_are_one_query_more(
    browser: Client, owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = make_attempt(AttemptState.FAILED, by=owner)
    for number in range(25):
        make_attempt(
            AttemptState.FAILED, by=owner, parent=first, watermark=bool(number % 2),
            prompt_clip=make_recording(by=owner, purpose=Purpose.PROMPT) if number % 3 else None,
            prompt_text="Hello." if number % 3 else "",
        )  # fmt: skip

    # session, user, access, attempts, what changed
    with django_assert_num_queries(5):
        page = text(browser.get(URL))

    assert page.count(f"· since attempt {first.pk}") == 25
    assert page.count('data-column="changes">Recording: now ') == 25


# One row --------------------------------------------------------------------------------------


def test_running_row_polls(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.CLONING, by=owner)

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert re.findall(r'hx-(?:get|trigger|swap)="[^"]+"', row) == [
        f'hx-get="/history/{attempt.pk}/row/"',
        'hx-trigger="load delay:3000ms"',
        'hx-swap="outerHTML"',
    ]


@pytest.mark.parametrize(
    ("age", "delay"), [(-9.0, 40), (1.1, 100), (5.0, 300), (30.0, 1000), (300.0, 3000)]
)
def test_row_polls_less_often_with_age(
    browser: Client, owner: User, age: float, delay: int
) -> None:
    at = timezone.now() - timedelta(seconds=age)
    attempt = make_attempt(AttemptState.SENDING, by=owner, created_at=at)

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert re.findall(r"load delay:(\d+)ms", row) == [str(delay)]


@pytest.mark.parametrize(
    "state",
    [
        AttemptState.READY,
        AttemptState.FLAGGED,
        AttemptState.STOPPED,
        AttemptState.FAILED,
        AttemptState.UNKNOWN,
    ],
)
def test_finished_row_does_not_poll(browser: Client, owner: User, state: AttemptState) -> None:
    attempt = make_attempt(state, by=owner)

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert row.count("hx-get") == 0
    assert row.count(str(state.label)) == 2  # what is announced, and the badge


def test_row_with_a_pending_preview_polls(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.READY, by=owner, audio=None)

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert row.count("Saving the preview") == 1
    assert row.count("hx-get") == 1


def test_row_says_what_changed_since_its_parent(browser: Client, owner: User) -> None:
    whole = make_recording(by=owner, duration_ms=190_000)
    cut = make_recording(by=owner, duration_ms=80_000, parent=whole, origin="cut")
    sent = {"file_id": 1, "model": "speech-2.8-turbo"}
    first = make_attempt(by=owner, recording=whole, sent=sent)
    sent = {"file_id": 2, "model": "speech-2.8-hd", "need_noise_reduction": True}
    second = make_attempt(by=owner, recording=cut, sent=sent, parent=first)
    third = make_attempt(by=owner, recording=cut, sent=sent, parent=second)

    changes = (
        (second, first, "Recording: cut from 3:10 to 1:20; model: 2.8 turbo → 2.8 hd; "
         "reduce noise: on"),
        (third, second, "Nothing changed"),
    )  # fmt: skip
    for attempt, parent, sentence in changes:
        row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))
        page = text(browser.get(reverse("attempt", args=[attempt.pk])))
        assert row.count(f"{sentence} · since attempt {parent.pk}") == 1
        assert page.count(sentence) == 1
        assert page.count(f'<a href="/history/{parent.pk}/">since attempt {parent.pk}</a>') == 1


def test_rate_limited_row_shows_its_start(browser: Client, owner: User) -> None:
    due = datetime(2099, 5, 6, 14, 32, tzinfo=UTC)
    attempt = make_attempt(AttemptState.WAITING, by=owner, retry_at=due, trouble="in_line")

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert row.count("It will start at <time") == 1
    assert row.count("We try again") == 0


def test_waiting_row_shows_its_queue_position(browser: Client, owner: User) -> None:
    make_attempt(AttemptState.WAITING, by=owner)
    make_attempt(AttemptState.WAITING, by=owner)
    last = make_attempt(AttemptState.WAITING, by=owner)

    row = text(browser.get(reverse("attempt_row", args=[last.pk])))

    assert row.count("Starts after 2 other attempts.") == 1


def test_slowed_row_shows_its_next_attempt(browser: Client, owner: User) -> None:
    due = datetime(2099, 5, 6, 14, 32, tzinfo=UTC)
    attempt = make_attempt(
        AttemptState.WAITING, by=owner, retry_at=due, trouble="rate_limit", status_code=1002
    )

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert row.count("MiniMax asks us to slow down.") == 1
    assert row.count("We'll try again at <time") == 1
    assert row.count("14:32 UTC</time>") == 1


def test_row_escapes_what_people_typed(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner, speaker_name="<script>alert(1)</script>\"' onload=x")

    row = text(browser.get(reverse("attempt_row", args=[attempt.pk])))

    assert row.count("<script") == 0
    assert row.count("\"' onload") == 0


def test_row_links_to_its_attempt_and_its_voice(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.READY, by=owner)

    page = text(browser.get(URL))

    assert page.count(f'href="/voices/{attempt.cloned_voice_id}/"') == 1
    assert page.count(f'href="/history/{attempt.pk}/"') == 1


def test_people_are_shown_by_the_name_that_they_chose(browser: Client, owner: User) -> None:
    owner.first_name, owner.last_name = "Zoe", "Larsen"
    owner.save()
    attempt = make_attempt(AttemptState.READY, by=owner)
    owner_words = rf"\b{owner.username}\b"

    for path, count in (
        ("/history/", 1),
        ("/history/?filters=shown", 2),  # the filter and the row
        (f"/history/{attempt.pk}/", 2),  # the timeline and the permission
        (f"/voices/{attempt.cloned_voice_id}/", 1),
        (f"/recordings/{attempt.recording_id}/", 1),
        (f"/speakers/{attempt.speaker_id}/", 1),
    ):
        main = text(browser.get(path)).partition('<main id="main"')[2].partition("</main>")[0]
        visible = re.sub(r"<pre.*?</pre>|<[^>]+>", " ", main, flags=re.DOTALL)
        found = (path, visible.count("Zoe Larsen"), len(re.findall(owner_words, visible)))
        assert found == (path, count, 0)
