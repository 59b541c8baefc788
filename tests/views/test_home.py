"""The home page: what waits for each person, and what no one has to decide any more."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_attempt, make_project, make_user
from tests.views import HTMX
from tests.views.pages import text
from voicestudio.models import AttemptState, CloneAttempt, Membership, Person, Role, Voice
from voicestudio.models.voice_states import UNUSED_LIFETIME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

POLL = HTMX | {"HX-Target": "running"}


def groups(response: Any) -> dict[str, str]:
    """The headings of the page, by the group that they name."""
    found = re.findall(
        r'<h2 id="([\w-]+)-title">\s*([^<]+?)\s*<span class="soft">· ([^<]+)', text(response)
    )
    return {name: f"{title} · {count}" for name, title, count in found}


def actions(response: Any) -> list[str]:
    return re.findall(r'data-small href="[^"]+"><span>([^<]+)<span class="vis', text(response))


def expire(attempt: CloneAttempt, *, hours: int) -> Voice:
    """Let MiniMax delete the voice of this attempt in so many hours."""
    assert attempt.cloned_voice is not None
    created_at = timezone.now() - UNUSED_LIFETIME + timedelta(hours=hours)
    Voice.objects.filter(pk=attempt.cloned_voice.pk).update(created_at=created_at)
    return attempt.cloned_voice


@pytest.fixture
def everything(owner: User) -> None:
    """One row of each group."""
    make_attempt(AttemptState.CLONING, by=owner, speaker_name="Runs")
    make_attempt(AttemptState.READY, by=owner, speaker_name="Sounds")
    make_attempt(AttemptState.READY, by=owner, speaker_name="Warns", input_sensitive=True)
    make_attempt(AttemptState.UNKNOWN, by=owner, speaker_name="Asks")
    make_attempt(AttemptState.FAILED, by=owner, speaker_name="Fails", status_code=2039)
    expire(make_attempt(AttemptState.READY, by=owner, speaker_name="Ends"), hours=5)


@pytest.mark.usefixtures("everything")
def test_manager_sees_each_need_once_with_one_action(browser: Client) -> None:
    page = browser.get("/")

    assert groups(page) == {
        "in-progress": "In progress · 1",
        "unheard": "Ready to hear · 1",
        "flagged": "Flagged by MiniMax · 1",
        "unresolved": "Outcome unknown or interrupted · 1",
        "failed": "Failed · 1",
        "expiring": "Expiring within 48 hours · 1",
    }
    assert actions(page) == [
        "View progress",
        "Open",
        "Review",
        "Find out",
        "Choose another voice ID",
        "Keep",
    ]
    for name in ("Runs", "Sounds", "Warns", "Asks", "Fails", "Ends"):
        assert text(page).count(f"<bdi>{name}</bdi>") == 1


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.REVIEWER, ["in-progress", "unheard", "flagged", "expiring"]),
        (Role.VIEWER, ["in-progress"]),
    ],
)
def test_role_decides_what_is_shown(client: Client, role: Role, seen: list[str]) -> None:
    client.force_login(make_user(role=role))

    page = client.get("/")

    assert list(groups(page)) == seen
    assert "Keep" not in actions(page)


@pytest.mark.usefixtures("everything")
def test_nothing_of_another_or_an_archived_project_waits(client: Client) -> None:
    other = make_project()
    client.force_login(make_user(project=other))
    elsewhere = client.get("/")
    archived = make_project(archived_at=timezone.now())
    member = make_user(project=archived)
    Membership.objects.filter(person=member).update(project=archived)
    CloneAttempt.objects.exclude(status=AttemptState.CLONING).update(project=archived)
    Voice.objects.update(project=archived)
    client.force_login(member)

    assert (groups(elsewhere), groups(client.get("/"))) == ({}, {})


def test_what_was_heard_or_requested_again_waits_no_more(browser: Client, owner: User) -> None:
    heard = make_attempt(AttemptState.READY, by=owner)
    failed = make_attempt(AttemptState.FAILED, by=owner)
    before = list(groups(browser.get("/")))

    Voice.objects.filter(attempt=heard).update(heard_at=timezone.now())
    make_attempt(AttemptState.CLONING, by=owner, speaker=failed.speaker)

    assert before == ["unheard", "failed"]
    assert list(groups(browser.get("/"))) == ["in-progress"]


def test_counts_are_bounded(browser: Client, owner: User) -> None:
    recording = make_attempt(AttemptState.FAILED, by=owner).recording
    for number in range(100):
        make_attempt(
            AttemptState.FAILED, by=owner, recording=recording, speaker_name=f"Speaker no. {number}"
        )

    page = browser.get("/")

    assert groups(page) == {"failed": "Failed · 99+"}
    assert text(page).count('<li id="failed-') == 4
    assert text(page).count('href="/history/?state=failed"') == 1


@pytest.mark.parametrize("rows", [1, 6])
def test_home_needs_a_fixed_number_of_queries(
    browser: Client, owner: User, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        make_attempt(AttemptState.CLONING, by=owner)
        make_attempt(AttemptState.READY, by=owner)
        make_attempt(AttemptState.READY, by=owner, input_sensitive=True)
        make_attempt(AttemptState.FAILED, by=owner)
        expire(make_attempt(AttemptState.READY, by=owner), hours=5)

    # Session, user, access; each group (6, interrupted and the first id of the week), the rows of
    # attempts and of voices; budgets.
    with django_assert_num_queries(14):
        browser.get("/")


def test_open_page_reloads_all_groups_when_one_has_changed(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.CLONING, by=owner)
    page = text(browser.get("/"))
    poll = re.search(r'hx-get="([^"]+)" hx-trigger="load delay:1000ms"', page)
    assert poll is not None

    same = browser.get(poll[1], headers=POLL)
    CloneAttempt.objects.filter(pk=attempt.pk).update(status=AttemptState.FAILED)
    changed = browser.get(poll[1], headers=POLL)

    assert ("HX-Retarget" in same, changed["HX-Retarget"]) == (False, "#needs")
    assert groups(same) == {"in-progress": "In progress · 1"}
    assert groups(changed) == {"failed": "Failed · 1"}
    assert text(changed).count('data-announcement="1 attempt failed"') == 1
    assert text(changed).count("<html") == 0


@pytest.mark.parametrize(
    ("role", "step"), [(Role.MANAGER, "Clone your first voice"), (Role.VIEWER, "Open voices")]
)
def test_empty_page_teaches_the_next_step(client: Client, role: Role, step: str) -> None:
    client.force_login(make_user(role=role))
    first = text(client.get("/"))
    heard = make_attempt(AttemptState.READY)
    Voice.objects.filter(attempt=heard).update(heard_at=timezone.now())

    later = text(client.get("/"))

    assert first.count("No voices yet") == 1
    assert first.count(step) == 1
    assert later.count("<h2>Nothing needs you now</h2>") == 1


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        (
            Role.MANAGER,
            ["Start with a good recording", "Listen first", "Keep a voice within 7 days"],
        ),
        (Role.REVIEWER, ["Listen first", "Say what you hear", "Look back in the history"]),
        (Role.VIEWER, ["Listen first", "Look back in the history", "Use the keyboard"]),
    ],
)
def test_hints_follow_the_role_until_dismissed(
    client: Client, role: Role, titles: list[str]
) -> None:
    person, other = make_user(role=role), make_user(role=role)
    client.force_login(person)
    page = text(client.get("/"))
    hints = page[page.index('id="hints"') :].partition("</section>")[0]

    done = client.post("/hints/dismiss/")

    assert re.findall(r"<b>([^<]+)</b>", hints) == titles
    assert done["Location"] == "/"
    assert text(client.get("/")).count('id="hints"') == 0
    assert Person.objects.get(user=person).hints_dismissed_at is not None
    client.force_login(other)
    assert text(client.get("/")).count('id="hints"') == 1
