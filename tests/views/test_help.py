"""The help page: what it says, search, links to it, and its pictures."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests import factories
from voicestudio.models import Role
from voicestudio.models.voice_states import UNUSED_LIFETIME
from voicestudio.words.help import SECTIONS
from voicestudio.words.shortcuts import SHORTCUTS

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


def open_help(client: Client, words: str = "") -> str:
    return client.get("/help/", {"q": words}).content.decode()


def shown_sections(page: str) -> list[str]:
    return re.findall(r'<section class="card help-section" id="([a-z-]+)"', page)


def test_help_shows_all_sections_with_links_to_them(client: Client, user: User) -> None:
    page = open_help(client)

    assert shown_sections(page) == [*SECTIONS]
    assert re.findall(r'<a class="chip" href="#([a-z-]+)"', page) == [*SECTIONS]


def test_help_names_the_facts_of_today(client: Client, user: User, settings: Settings) -> None:
    settings.PRICE_CLONE, settings.CURRENCY = settings.PRICE_CLONE + 2, "€"

    page = open_help(client)

    assert f"after {UNUSED_LIFETIME.days} days" in page
    assert f"<dd>€{settings.PRICE_CLONE:.2f} once, when it first generates speech</dd>" in page
    assert "%(" not in page


def test_help_says_that_the_fee_is_due_at_once(
    client: Client, user: User, settings: Settings
) -> None:
    settings.CLONE_FEE_AT_ONCE = True

    assert "once, when you clone</dd>" in open_help(client)


@pytest.mark.parametrize("words", ["categóry", "CATEGORY", "flag  categ"])
def test_search_ignores_case_and_accents(client: Client, user: User, words: str) -> None:
    assert shown_sections(open_help(client, words)) == ["moderation"]


def test_search_marks_what_it_found(client: Client, user: User) -> None:
    page = open_help(client, "moderat categ")
    assert shown_sections(page) == []

    assert "with a <mark>categ</mark>ory." in open_help(client, "categ")


def test_search_of_nothing_known_says_what_to_do(client: Client, user: User) -> None:
    page = open_help(client, "<b>quince")

    assert "Nothing about “&lt;b&gt;quince”" in page
    assert "Try one other word" in page
    assert '<a class="button" href="/help/">Show all help</a>' in page


def test_help_and_dialog_list_the_same_keys(client: Client, user: User) -> None:
    page = open_help(client)
    lists = re.findall(r'<dl class="facts-list keys">(.*?)</dl>', page, re.DOTALL)

    assert len(lists) == 2
    assert lists[0] == lists[1]
    assert lists[0].count("<dt>") == len(SHORTCUTS)


def test_help_has_no_keys_of_what_one_may_not_do(client: Client) -> None:
    client.force_login(factories.make_user(role=Role.VIEWER))
    listed = re.findall(
        r"<dd>(.*?)</dd>", open_help(client).partition('class="facts-list keys"')[2]
    )

    for_all = [str(shortcut.text) for shortcut in SHORTCUTS if shortcut.action == "see"]
    assert listed[: len(for_all)] == for_all


@pytest.mark.parametrize(
    ("theme", "files", "media"),
    [
        (
            "",
            ["narrow-dark", "narrow-light", "wide-dark", "wide-light"],
            [
                "(max-width: 40rem) and (prefers-color-scheme: dark)",
                "(max-width: 40rem)",
                "(prefers-color-scheme: dark)",
            ],
        ),
        ("dark", ["narrow-dark", "wide-dark"], ["(max-width: 40rem)"]),
        ("light", ["narrow-light", "wide-light"], ["(max-width: 40rem)"]),
    ],
)
def test_picture_is_as_light_as_its_page(
    client: Client, user: User, theme: str, files: list[str], media: list[str]
) -> None:
    session = client.session
    session["theme"] = theme
    session.save()

    picture = re.search(r"<picture>.*?</picture>", open_help(client), re.DOTALL)

    assert picture is not None
    found = re.findall(r'(?:src|srcset)="/static/help/check-([a-z-]+)\.webp"', picture.group())
    assert found == files
    assert re.findall(r'media="([^"]+)"', picture.group()) == media
    assert len(re.findall(r'width="\d+" height="\d+"', picture.group())) == len(files)


def test_links_to_the_help_name_its_sections() -> None:
    templates = (ROOT / "templates").rglob("*.html")
    named = {
        anchor
        for template in templates
        for anchor in re.findall(r'{% help_link "([a-z-]+)" %}', template.read_text())
    }

    assert named == {"good-recording", "permission", "days", "costs", "moderation", "unknown"}
    assert named - SECTIONS.keys() == set()


def test_glossary_explains_the_nouns_of_the_studio() -> None:
    document = (ROOT / "docs" / "glossary.md").read_text()
    nouns = re.findall(r"^\| ([^|]+?) \|", document, re.MULTILINE)[1:]
    explained = [str(term).lower() for term, _text in SECTIONS["glossary"].terms]

    assert explained == [noun.lower() for noun in nouns if not noun.startswith("-")]


@pytest.mark.parametrize(("language", "ending"), [("ja", "-ja"), ("pt", "")])
def test_picture_is_in_the_language_of_its_reader(
    client: Client, user: User, language: str, ending: str
) -> None:
    page = client.get("/help/", headers={"Accept-Language": language}).content.decode()

    assert page.count(f"/static/help/check-narrow-light{ending}.webp") == 1
