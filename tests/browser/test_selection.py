"""Selecting rows in a browser: by key, a range, all of the page, and after a row has changed."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from voicestudio.models import AttemptState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rows_are_selected_by_key_range_and_page(studio: Studio) -> None:
    for _number in range(5):
        factories.make_attempt(AttemptState.FAILED, by=studio.user)
    page = studio.page(path="/history/")
    bar, count = page.locator("#selection"), page.locator(".selected-count")
    boxes = page.locator(".rows .select input")
    expect(bar).to_be_hidden()

    for key in ("j", "x"):
        page.keyboard.press(key)
    expect(count).to_have_text("Selected rows: 1")
    boxes.nth(2).click(modifiers=["Shift"])
    expect(count).to_have_text("Selected rows: 3")
    page.evaluate(
        "htmx.ajax('GET', document.querySelector('.rows > li .name a').href + 'row/', "
        "{target: '.rows > li', swap: 'outerHTML'})"
    )
    expect(boxes.nth(0)).to_be_checked()
    bar.get_by_role("button", name="Select all").click()
    expect(count).to_have_text("Selected rows: 5")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
