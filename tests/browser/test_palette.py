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
