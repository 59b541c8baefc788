"""The search from everywhere, by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_voice_is_found_and_opened_by_keyboard(studio: Studio) -> None:
    voice = factories.make_voice("Anna-0001", speaker=factories.make_speaker("Anna"))
    page = studio.page(path="/history/")
    field = page.get_by_role("combobox", name="Search")

    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("anna-0")
    option = page.get_by_role("option", name="Anna Anna-0001")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(rf"/voices/{voice.pk}/$"))


def test_appearance_is_changed_by_keyboard(studio: Studio) -> None:
    page = studio.page(path="/history/?q=x")

    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    expect(page.get_by_role("option", name="Appearance: Dark")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(re.compile(r"/history/\?q=x$"))


def test_keys_are_listed_from_the_palette(studio: Studio) -> None:
    page = studio.page(path="/history/")

    page.keyboard.press("Control+k")
    page.keyboard.type("keyboard")
    expect(page.get_by_role("option", name="Keyboard shortcuts")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.locator("#palette")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/history/$"))


def test_action_opens_the_fold_that_it_leads_to(studio: Studio) -> None:
    factories.make_recording(by=studio.user)
    page = studio.page(path="/history/")

    page.keyboard.press("Control+k")
    page.keyboard.type("upload")
    expect(page.get_by_role("option", name="Upload recordings")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")

    expect(page.get_by_text("Drop files here, or choose files")).to_be_visible()
