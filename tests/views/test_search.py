"""The search from everywhere: what it finds for whom."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_project, make_recording, make_speaker, make_user, make_voice
from tests.views import HTMX
from tests.views.pages import text
from voicestudio.models import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def found(response: Any) -> list[str]:
    """The addresses of what was found, without pages."""
    links = re.findall(r'href="(/(?:speakers|voices|recordings)/\d+/)"', text(response))
    return list(dict.fromkeys(links))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_search_finds_speakers_voices_and_recordings(
    browser: Client, owner: User, headers: dict[str, str]
) -> None:
    speaker = make_speaker("Ana Łódź")
    voice = make_voice("Lodz-0001", speaker=speaker)
    recording = make_recording(by=owner, name="łódź.wav")
    unseen = make_speaker("Lodz", project=make_project("Unseen"))
    make_voice("Lodz-0002", speaker=unseen, project=unseen.project)
    make_recording(by=owner, name="other.wav")

    page = browser.get("/search/", {"q": "lodz"}, headers=headers)

    assert found(page) == [
        f"/speakers/{speaker.pk}/", f"/voices/{voice.pk}/", f"/recordings/{recording.pk}/",
    ]  # fmt: skip
    assert text(page).count("<html") == (0 if headers else 1)


def test_search_without_results_says_what_to_try(browser: Client) -> None:
    page = text(browser.get("/search/", {"q": "zzz"}))

    assert page.count('class="empty"') == 1
    assert page.count("No results") == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_search_names_pages_that_the_person_may_open(client: Client, role: Role) -> None:
    client.force_login(make_user(role=role))

    clone = text(client.get("/search/", {"q": "CLONE A"}, headers=HTMX))
    audit = text(client.get("/search/", {"q": "audit"}, headers=HTMX))

    assert ('href="/new/"' in clone) is (role is Role.MANAGER)
    assert 'role="option"' not in audit


def test_search_without_words_lists_pages_that_open(client: Client) -> None:
    client.force_login(make_user("root", is_staff=True))

    page = text(client.get("/search/", headers=HTMX))

    listed = re.findall(r'role="option"[^>]* href="([^"]+)"', page)
    assert {"/projects/new/", "/system/retention/", "/styleguide/"} <= {*listed}
    assert {path: client.get(path).status_code for path in listed} == dict.fromkeys(listed, 200)


@pytest.mark.parametrize("words", ["", "\0", "%", "x" * 5_000])
def test_odd_words_are_no_error(browser: Client, words: str) -> None:
    assert browser.get("/search/", {"q": words}).status_code == 200


@pytest.mark.parametrize("rows", [1, 12])
def test_search_needs_a_fixed_number_of_queries(
    browser: Client, owner: User, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        make_voice(f"Anna-{number:04}", speaker=make_speaker("Anna"))
        make_recording(by=owner, name="anna.wav")

    # session, user, access, speakers, what died (2), voices (2), recordings
    with django_assert_num_queries(8):
        page = browser.get("/search/", {"q": "anna"}, headers=HTMX)

    assert len(found(page)) == 3 * min(rows, 5)
