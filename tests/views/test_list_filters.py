"""The bar above the lists: counts on the views, totals, days in the person's time zone."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_attempt, make_project, make_recording, make_user, make_voice
from tests.views.pages import text, undo_of
from voicestudio.models import (
    AttemptState,
    AudioFile,
    Charge,
    ChargeKind,
    CloneAttempt,
    Person,
    Purpose,
    Verdict,
    Voice,
)
from voicestudio.models.row_counts import RowCount, count_rows
from voicestudio.words.undo import UNDO_OVER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
PART = {"hx-request": "true", "hx-target": "results"}


def counts(browser: Client, address: str, query: dict[str, Any] | None = None) -> dict[str, str]:
    """The views with a count, by their labels, as an open page asks for them; "" is the total."""
    page = text(browser.get(address, query))
    [asked] = re.findall(r'id="counts" hx-get="([^"]+)"', page)
    labels = dict(re.findall(r'>([^<>]+?) <span class="count" id="count-(\d+)"', page))
    part = text(browser.get(unescape(asked), headers={"hx-request": "true", "hx-target": "counts"}))
    found = dict(re.findall(r'id="count-(\d+)" hx-swap-oob="true">· ([^<]+)<', part))
    total = re.findall(r'id="total" hx-swap-oob="true">·\s*([^<]+?)\s*<', part)
    named = {label: found[number] for label, number in labels.items() if number in found}
    return named | ({"": total[0]} if total else {})


def test_views_of_the_history_say_how_many_rows_they_have(browser: Client, owner: User) -> None:
    other = make_user("other")
    for state in (AttemptState.FAILED, AttemptState.FAILED, AttemptState.FLAGGED):
        make_attempt(state, by=other)
    make_attempt(AttemptState.UNKNOWN, by=owner)
    make_attempt(AttemptState.FAILED, project=make_project("Unseen"))

    assert counts(browser, "/history/") == {
        "Mine": "1",
        "Ready": "0",
        "Ready, flagged": "1",
        "Stopped by MiniMax": "0",
        "Failed": "2",
        "Outcome unknown": "1",
        "": "4 attempts",
    }


def test_counts_keep_the_other_filters(browser: Client, owner: User) -> None:
    make_attempt(AttemptState.FAILED, by=owner)
    make_attempt(AttemptState.FAILED, by=make_user("other"))

    found = counts(browser, "/history/", {"person": owner.pk})

    assert (found["Mine"], found["Failed"], found[""]) == ("1", "1", "1 attempt")


def test_search_has_no_counts(browser: Client, owner: User) -> None:
    make_attempt(AttemptState.FAILED, by=owner, speaker_name="Anna")

    assert counts(browser, "/history/", {"q": "Anna"}) == {}


def test_views_of_voices_and_recordings_say_how_many_rows_they_have(
    browser: Client, owner: User
) -> None:
    make_voice("Heard-001", heard_at=timezone.now())
    make_voice("Unheard-01")
    make_recording(by=owner, purpose=Purpose.PROMPT)
    poor = make_recording(by=owner)
    AudioFile.objects.filter(pk=poor.pk).update(verdict=Verdict.DISAPPOINTING)

    voices, recordings = counts(browser, "/voices/"), counts(browser, "/recordings/")

    assert (voices["Not yet heard"], voices[""]) == ("1", "2 voices")
    assert recordings == {
        "Recordings": "1", "Prompt clips": "1", "Poor": "1", "Unusable": "0", "": "2 recordings",
    }  # fmt: skip


def test_count_stops_at_its_limit(owner: User) -> None:
    for _number in range(3):
        make_recording(by=owner)
    rows = AudioFile.objects.order_by("-pk")

    found = count_rows(owner, (rows, 2), (rows, 3), (rows.none(), 2))

    assert found == [RowCount(2, has_more=True), RowCount(3, has_more=False), RowCount(0, False)]
    assert [str(count) for count in found] == ["2+", "3", "0"]


@pytest.mark.parametrize("kind", ["history", "voices", "recordings"])
@pytest.mark.parametrize("zone", ["account", "browser"])
def test_days_are_those_of_the_persons_time_zone(
    browser: Client, owner: User, kind: str, zone: str
) -> None:
    # In Tokyo, which is nine hours ahead, 2 March begins at 15:00 UTC on 1 March.
    start = datetime(2026, 3, 1, 15, tzinfo=UTC)
    for at in (start - timedelta(minutes=1), start, start + timedelta(hours=24)):
        attempt = make_attempt(by=owner, created_at=at)
        Voice.objects.filter(attempt=attempt).update(created_at=at)
        AudioFile.objects.filter(pk=attempt.recording_id).update(created_at=at)
    second = CloneAttempt.objects.order_by("pk")[1]
    query = {"since": "2026-03-02", "until": "2026-03-02"}
    if zone == "account":
        session = browser.session
        session["time_zone"] = "Asia/Tokyo"
        session.save()
    else:
        query["zone"] = "Asia/Tokyo"

    page = text(browser.get(f"/{kind}/", query))

    name, pk = {
        "history": ("attempt", second.pk),
        "voices": ("voice", second.cloned_voice_id),
        "recordings": ("recording", second.recording_id),
    }[kind]
    assert re.findall(rf'<li[^>]* id="{name}-(\d+)"', page) == [str(pk)]


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Town", "Europe", "../../etc/passwd", "/etc/passwd", "x" * 300, "a\0b"]
)
def test_days_of_an_unknown_time_zone_are_those_of_utc(
    browser: Client, owner: User, zone: str
) -> None:
    attempt = make_attempt(by=owner, created_at=datetime(2026, 3, 2, tzinfo=UTC))

    page = browser.get("/history/", {"since": "2026-03-02", "until": "2026-03-02", "zone": zone})

    assert f'id="attempt-{attempt.pk}"' in text(page)


@pytest.mark.parametrize("kind", ["history", "voices", "recordings", "audit", "people", "projects"])
def test_filters_swap_the_results_and_the_views(browser: Client, owner: User, kind: str) -> None:
    make_attempt(by=owner)
    User.objects.filter(pk=owner.pk).update(is_staff=True)

    part = browser.get(f"/{kind}/", {"q": "", "since": "2026-01-01"}, headers=PART)

    assert [text(part).count(f'id="{name}"') for name in ("results", "views", "main")] == [1, 1, 0]
    assert part["HX-Push-Url"] == f"/{kind}/?since=2026-01-01"


def saved(response: Any) -> dict[str, str]:
    """The saved filters above a list: their addresses by their names."""
    chip = r'<a class="chip" data-saved href="([^"]+)"[^>]*>([^<]+)</a>'
    return {name: url.replace("&amp;", "&") for url, name in re.findall(chip, text(response))}


def test_filter_is_saved_used_renamed_and_deleted(browser: Client, owner: User) -> None:
    make_voice("AnnaLarsen-7k2p")
    query = "q=anna&state=temporary"

    page = browser.post(
        "/voices/filters/save/", {"name": "Anna\u0000 now", "query": query}, follow=True
    )
    used = browser.get(saved(page)["Anna now"])
    renamed = browser.post(
        "/voices/filters/rename/",
        {"name": "Anna now", "new_name": "Anna", "query": query},
        follow=True,
    )
    gone = browser.post("/voices/filters/delete/", {"name": "Anna", "query": query}, follow=True)

    assert page.redirect_chain == [(f"/voices/?{query}", 302)]
    assert saved(used) == {"Anna now": f"/voices/?{query}"}
    assert 'data-saved href="/voices/?q=anna&amp;state=temporary" aria-current' in text(used)
    assert saved(renamed) == {"Anna": f"/voices/?{query}"}
    assert saved(gone) == {}
    address, fields = undo_of(text(gone))
    assert saved(browser.post(address, fields, follow=True)) == saved(renamed)


def test_deleted_filter_does_not_replace_a_newer_one_of_its_name(
    browser: Client, owner: User
) -> None:
    browser.post("/voices/filters/save/", {"name": "Anna", "query": "q=anna"})
    deleted = browser.post("/voices/filters/delete/", {"name": "Anna"}, follow=True)
    browser.post("/voices/filters/save/", {"name": "anna", "query": "q=other"})

    page = browser.post(*undo_of(text(deleted)), follow=True)

    assert saved(page) == {"anna": "/voices/?q=other"}
    assert [str(message) for message in page.context["messages"]] == [
        "This can't be undone any more."
    ]


def test_saved_filters_are_those_of_one_person_and_list(browser: Client, owner: User) -> None:
    make_attempt(by=owner)
    browser.post("/voices/filters/save/", {"name": "Mine", "query": "q=a"})
    browser.post("/voices/filters/save/", {"name": "MINE", "query": "q=b"})
    other = Client()
    other.force_login(make_user("other"))

    pages = [browser.get("/voices/"), browser.get("/history/"), other.get("/voices/")]

    assert [saved(page) for page in pages] == [{"MINE": "/voices/?q=b"}, {}, {}]


def test_thirteenth_filter_is_refused(browser: Client, owner: User) -> None:
    for number in range(13):
        page = browser.post(
            "/history/filters/save/", {"name": f"Filter {number}", "query": "q=a"}, follow=True
        )

    assert len(Person.of(owner).saved_filters["history"]) == 12
    assert [str(message) for message in page.context["messages"]] == [
        "You have saved twelve filters for this list, which is the most. Delete one first."
    ]


# The folded filters -------------------------------------------------------------------------------

NAMES = re.compile(r'(<(?:select|input)[^>]* name="(\w+)"[^>]*>)')


def filters_of(page: str) -> list[str]:
    """The names of the folded fields on a page; `+` before those that only keep a value."""
    [fields] = re.findall(r'<div[^>]* id="filters".*?(?=</details>|$)', page, re.DOTALL)
    return [f"+{name}" if "hidden" in tag else name for tag, name in NAMES.findall(fields)]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/history/", ["person", "model", "state", "flag", "since", "until"]),
        ("/voices/", ["state", "since", "until", "order"]),
        ("/recordings/", ["verdict", "since", "until"]),
    ],
)
def test_folded_filters_are_fetched_when_they_are_opened(
    browser: Client, owner: User, address: str, names: list[str]
) -> None:
    """People and tags to choose from take a query each, which few visits need."""
    make_recording(by=owner)
    page = text(browser.get(address))
    [asked] = re.findall(r'id="filters" hx-get="([^"]+)"', page)
    part = browser.get(unescape(asked), headers={"hx-request": "true", "hx-target": "filters"})

    assert filters_of(page) == []
    assert filters_of(text(part)) == names
    assert "<html" not in text(part)
    assert filters_of(text(browser.get(address, {"filters": "shown"}))) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=kept", ["+state"]),  # the view "Kept" explains it
        ("view=expiring&order=expiring", ["+order"]),
        ("since=2026-03-02", ["state", "since", "until", "order"]),
    ],
)
def test_folded_filter_in_use_is_kept_or_shown(
    browser: Client, owner: User, query: str, names: list[str]
) -> None:
    assert filters_of(text(browser.get(f"/voices/?{query}"))) == names


@pytest.mark.parametrize("kind", ["history", "voices", "recordings", "audit", "people"])
def test_hidden_columns_are_remembered_for_one_list(
    browser: Client, owner: User, kind: str
) -> None:
    make_user("other")

    def hidden(path: str) -> set[str]:
        User.objects.filter(pk=owner.pk).update(is_staff=True)
        boxes = re.findall(r'id="column-(\w+)" [^>]*?(checked)?>', text(browser.get(path)))
        return {name for name, is_checked in boxes if not is_checked}

    assert hidden(f"/{kind}/") == set()

    answer = browser.post(f"/{kind}/columns/", {"column": ["person", "mine"], "query": "q=anna"})
    script = browser.post(f"/{kind}/columns/", {"column": ["person"]}, headers=PART)

    expected = {
        "history": {"voice_id", "changes", "when"},
        "voices": {"voice_id", "tags", "used", "cost"},
        "recordings": {"size", "origin", "uses", "when"},
        "audit": {"address"},
        "people": {"sign_in", "factor"},
    }
    assert (answer["Location"], script.status_code) == (f"/{kind}/?q=anna", 204)
    assert {path: hidden(f"/{path}/") for path in expected} == {
        path: names if path == kind else set() for path, names in expected.items()
    }
    owner.refresh_from_db()
    assert sorted(Person.of(owner).hidden_columns) == [kind]


@pytest.mark.usefixtures("owner")
def test_every_column_of_a_list_is_marked_in_its_rows(browser: Client, owner: User) -> None:
    make_project("Other")
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    parent = make_recording(by=owner, name="first.wav")
    make_recording(by=owner, name="second.wav", parent=parent)
    attempt = make_attempt(by=owner, speaker_name="Anna")
    make_attempt(by=owner, speaker_name="Anna", parent=attempt)
    Voice.objects.update(notes="Warm", last_used_at=timezone.now())
    Charge.objects.create(
        project=attempt.project, kind=ChargeKind.CLONE, units=1, unit_price=Decimal(2),
        amount=Decimal(2), currency="$", provider="practice", attempt=attempt,
        voice=attempt.cloned_voice, voice_name=attempt.voice_id, speaker=attempt.speaker,
        model=attempt.model, person=owner,
    )  # fmt: skip

    for kind in ("history", "voices", "recordings"):
        page = text(browser.get(f"/{kind}/"))
        marked = {
            name for one in re.findall(r'data-column="([^"]+)"', page) for name in one.split()
        }
        assert marked == set(re.findall(r'id="column-(\w+)"', page)), kind


def test_long_filter_is_saved_whole_or_refused(browser: Client, owner: User) -> None:
    search = urlencode({"q": "音" * 200, "state": "temporary"})
    longer = f"{search}&{urlencode({'tag': '音' * 200})}"
    for name, query in (("Long", search), ("Longer", longer)):
        page = browser.post("/voices/filters/save/", {"name": name, "query": query}, follow=True)

    assert Person.of(owner).saved_filters["voices"] == [{"name": "Long", "query": search}]
    assert "This filter is too long to be saved." in text(page)
    assert page.redirect_chain[0][0] == f"/voices/?{search}"


def test_filter_without_a_name_does_not_come_back(browser: Client, owner: User) -> None:
    fields = {"name": "\u200b", "query": "q=anna"}
    page = browser.post(reverse("restore_filter", args=["voices"]), fields, follow=True)

    assert Person.of(owner).saved_filters.get("voices", []) == []
    assert [str(message) for message in page.context["messages"]] == [str(UNDO_OVER)]
