"""The columns of a list in a browser: switched at once, and kept."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [375, 1280])
def test_column_is_hidden_at_once_and_stays_hidden(studio: Studio, width: int) -> None:
    factories.make_recording(by=studio.user, name="anna.wav")
    page = studio.page(path="/recordings/", viewport={"width": width, "height": 740})
    size = page.locator('.rows [data-column="size"]')
    expect(size).to_be_visible()
    menu = page.get_by_text("Columns", exact=True)

    menu.press("Enter")
    if width == 375:
        assert_touch_targets(page.locator("#main"))
    with page.expect_response("**/columns/"):
        page.get_by_role("checkbox", name="Size").press("Space")
    expect(size).to_be_hidden()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.reload()

    expect(size).to_be_hidden()
    expect(page.get_by_role("link", name="anna.wav", exact=True)).to_be_visible()


def test_columns_are_saved_without_javascript(studio: Studio) -> None:
    factories.make_recording(by=studio.user, name="anna.wav")
    page = studio.page(path="/recordings/", java_script_enabled=False)
    size = page.locator('.rows [data-column="size"]')

    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Size").uncheck()
    page.get_by_role("button", name="Save").click()

    expect(size).to_be_hidden()
