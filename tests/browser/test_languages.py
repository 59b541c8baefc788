"""Every page in each other language: checked by axe-core once, and none scrolls sideways."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from django.utils.translation import override
from playwright.sync_api import Page

from tests.browser.conftest import Studio
from tests.browser.steps import bounding_box
from tests.browser.test_accessibility import (
    AXE,
    OPEN_ALL,
    list_paths_before_sign_in,
    make_paths_of_calls,
    make_paths_of_recordings,
    make_paths_of_the_studio,
    run_axe,
)
from voicestudio.management import catalogues
from voicestudio.models import clock as shared_clock
from voicestudio.services import example_team
from voicestudio.templatetags.studio import when

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW: Final = 320
# Colours are the same in every language.
RULES: Final = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}, "color-contrast": {"enabled": False}},
}
LOCALES: Final = {"zh-hans": "zh-CN"}
MAKE_PATHS: Final = (make_paths_of_calls, make_paths_of_recordings, make_paths_of_the_studio)
# What is wider than the page, with its text.
TOO_WIDE: Final = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")].filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".chips, pre")
  ).map((element) => `${element.tagName}: ${element.textContent.trim().slice(0, 60)}`).slice(-2)"""
# Numbers that scripts and browsers read have a decimal point in every language.
DECIMAL_COMMAS: Final = r"""() => [...document.querySelectorAll("*")].flatMap((element) =>
  [...element.attributes].filter(({ name, value }) => /^-?\d+,\d+$/.test(value)
    && !["title", "content", "aria-label", "aria-valuetext"].includes(name)
  ).map(({ name, value }) => `${element.tagName} ${name}="${value}"`))"""


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_pages_in_another_language_have_no_violations(studio: Studio, language: str) -> None:
    studio.user.is_staff = studio.user.is_superuser = True
    studio.user.save()
    example_team.show_team(by=studio.user)
    paths = [path for make_paths in MAKE_PATHS for path in make_paths(studio.user)]
    of_each_kind = {re.sub(r"\d+|\?.*", "", path): path for path in paths}.values()
    studio.expect_message("404 (Not Found)")
    page = studio.page(path="/account/", locale=LOCALES.get(language, language))

    found = [
        f"{path} {violation}" for path in of_each_kind for violation in check(page, path, language)
    ]

    assert found == [], "\n".join(found)


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_pages_before_sign_in_have_no_violations(studio: Studio, language: str) -> None:
    for message in ("410 (Gone)", "404 (Not Found)"):
        studio.expect_message(message)
    locale = LOCALES.get(language, language)
    page = studio.page(signed_in=False, path="/sign-in/", locale=locale)

    found = [
        f"{path} {violation}"
        for path in list_paths_before_sign_in()
        for violation in check(page, path, language)
    ]

    assert found == [], "\n".join(found)


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_notice_of_practice_mode_takes_two_lines_on_a_phone(studio: Studio, language: str) -> None:
    locale, viewport = LOCALES.get(language, language), {"width": 375, "height": 812}
    page = studio.page(path="/help/", locale=locale, viewport=viewport)
    page.evaluate("document.fonts.load('1rem Figtree')")
    page.reload()  # the first page keeps the font that it was drawn in

    assert bounding_box(page.locator(".practice"))["height"] < 48


@pytest.mark.parametrize("language", ["en", *catalogues.find_catalogues()])
def test_script_writes_times_as_the_server(
    studio: Studio, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
    ages = (timedelta(minutes=m) for m in (0, 1, 2, 18, 59, 180, 1440, 2900))
    moments = [now - age for age in ages]
    monkeypatch.setattr(shared_clock, "now", lambda: now)
    with override(language):
        drawn = [when(moment) for moment in moments]
    page = studio.page(locale=LOCALES.get(language, language), timezone_id="UTC")
    page.clock.install(time=now - timedelta(seconds=20))
    page.goto("/account/")
    page.locator("main").evaluate("(main, html) => { main.innerHTML = html; }", "".join(drawn))

    page.clock.run_for(20_100)  # until the script has written them all again

    expected = [re.sub("<[^>]*>", "", text) for text in drawn]
    assert page.locator("main time").all_inner_texts() == expected


def check(page: Page, path: str, language: str) -> list[str]:
    """What is wrong with a page, with all its folds open."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(path)
    page.locator("main details:not(.switcher > *)").evaluate_all(OPEN_ALL)
    page.evaluate(AXE)
    found = [f"decimal comma: {line}" for line in page.evaluate(DECIMAL_COMMAS)]
    found += run_axe(page, RULES)
    page.set_viewport_size({"width": NARROW, "height": 900})
    found += [f"too wide {line}" for line in page.evaluate(TOO_WIDE)]
    shown = page.locator("html").get_attribute("lang")
    return found if shown == language else [*found, f"is in {shown}"]
