"""The search from everywhere: what it finds for whom."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_project, make_recording, make_speaker, make_user, make_voice
from tests.views import HTMX
from tests.views.pages import text
from voicestudio.models import Person, Role

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


def test_page_swaps_its_results_and_keeps_the_words_in_its_address(browser: Client) -> None:
    make_voice("AnnaLarsen-7k2p")

    part = browser.get("/search/", {"q": "annal"}, headers=HTMX | {"hx-target": "results"})

    assert part["HX-Push-Url"] == "/search/?q=annal"
    assert text(part).count("AnnaLarsen-7k2p") == 1
    assert (text(part).count("<html"), text(part).count('id="results"')) == (0, 1)


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
    assert {
        "/projects/new/",
        "/people/#invitation-address",
        "/system/retention/",
        "/styleguide/",
    } <= {*listed}
    assert {path: client.get(path).status_code for path in listed} == dict.fromkeys(listed, 200)


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.MANAGER, ["Clone a new voice", "Record a voice", "Upload recordings"]),
        (Role.VIEWER, []),
    ],
)
def test_search_lists_only_actions_that_the_person_may_do(
    client: Client, role: Role, actions: list[str]
) -> None:
    client.force_login(make_user(role=role))
    for_everyone = {
        "Keyboard shortcuts", "Change language", "Sign out", "Appearance: Dark",
        "Appearance: Light", "Appearance: High contrast", "Appearance: As on this device",
    }  # fmt: skip

    pages = [text(client.get("/search/", headers=headers)) for headers in ({}, HTMX)]

    links = re.compile(
        r'href="[^"]*"[^>]*>\s*<bdi>([^<]+)</bdi>|<button type="submit"[^>]*>([^<]+)<'
    )
    for page in pages:
        names = {first or second for first, second in links.findall(page)}
        assert for_everyone < names
        others = {"Compare with MiniMax", "New project", "Invite a person", "People"}
        assert others & names == set()
        everything = {"Clone a new voice", "Record a voice", "Upload recordings"}
        assert everything & names == {*actions}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_keys_are_listed_by_the_help_without_scripts(
    browser: Client, headers: dict[str, str]
) -> None:
    page = text(browser.get("/search/", {"q": "keyboard"}, headers=headers))

    assert page.count('href="/help/#keys" data-shows-shortcuts') == 1
    assert 'id="keys"' in text(browser.get("/help/"))


@pytest.mark.parametrize(
    ("language", "keys", "theme"),
    [
        ("en", "keys", "Theme"), ("de", "hotkeys", "farben"), ("fr", "touches", "theme"),
        ("es", "teclas", "tema"), ("ja", "キー操作", "テーマ"), ("zh-hans", "按键", "主题"),
    ],
)  # fmt: skip
def test_keys_and_appearance_are_found_by_other_words(
    browser: Client, language: str, keys: str, theme: str
) -> None:
    headers = HTMX | {"accept-language": language}

    shortcuts = text(browser.get("/search/", {"q": keys}, headers=headers))
    themes = text(browser.get("/search/", {"q": theme}, headers=headers))

    assert (shortcuts.count("data-shows-shortcuts"), themes.count('name="theme"')) == (1, 4)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_search_offers_nothing_of_an_account_during_a_look(
    client: Client, headers: dict[str, str]
) -> None:
    client.force_login(make_user("root", is_staff=True))
    rosa = make_user("rosa", project=make_project("Emberfall", is_example=True))
    Person.objects.create(user=rosa, is_example=True)
    own = text(client.get("/search/", headers=headers))
    client.post(f"/people/{rosa.pk}/look/")

    seen = text(client.get("/search/", headers=headers))

    names = ("My account", "Change language", "Appearance: Dark", "/account/", "Sign out")
    assert [name in own for name in names] == [True] * 5
    assert [name in seen for name in names] == [False] * 4 + [True]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_appearance_is_changed_from_the_search(
    browser: Client, owner: User, headers: dict[str, str]
) -> None:
    page = text(browser.get("/search/", {"q": "dark"}, headers=headers))
    assert ("Appearance: Dark" in page, 'value="dark"' in page) == (True, True)

    answer = browser.post("/account/appearance/", {"theme": "dark", "next": "/voices/"})
    browser.post("/account/appearance/", {"theme": "pink", "next": "//evil.example.com"})

    assert answer["Location"] == "/voices/"
    assert 'data-theme="dark"' in text(browser.get("/voices/"))
    assert Person.objects.get(user=owner).theme == "dark"


def test_search_finds_saved_filters_projects_and_people(client: Client) -> None:
    root = make_user("root", is_staff=True)
    zoe = make_user("zoe", first_name="Zoë Ødegård")
    project, _other = make_project("Zoe's audiobook"), make_project("Zoe 2")
    client.force_login(root)
    client.post("/history/filters/save/", {"name": "Zoe, failed", "query": "state=failed"})

    found = text(client.get("/search/", {"q": "ZOE"}))
    client.force_login(make_user("lea"))
    unseen = text(client.get("/search/", {"q": "ZOE"}))

    for address in (
        f"/people/{zoe.pk}/", f"/projects/{project.pk}/", "/history/?state=failed",
    ):  # fmt: skip
        assert (f'href="{address}"' in found, f'href="{address}"' in unseen) == (True, False)


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

    # session, user, access, speakers, what died, voices, recordings; SQLite looks for voices twice
    with django_assert_num_queries(8 if connection.vendor == "sqlite" else 7):
        page = browser.get("/search/", {"q": "anna"}, headers=HTMX)

    assert len(found(page)) == 3 * min(rows, 5)
