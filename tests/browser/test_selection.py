"""Selecting rows in a browser: by key, a range, all of the page, and after a row has changed."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets, bounding_box
from tests.browser.test_accessibility import ALL_RULES, AXE, run_axe
from voicestudio.models import AttemptState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rows_are_selected_by_key_range_and_page(studio: Studio) -> None:
    for _number in range(5):
        factories.make_attempt(AttemptState.FAILED, by=studio.user)
    page = studio.page(path="/history/", viewport={"width": 1440, "height": 900})
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


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja", "zh-CN"])
@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_bar_of_selected_rows_is_one_line_in_every_language(
    studio: Studio, width: int, language: str
) -> None:
    factories.make_project("Second")
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    factories.make_attempt(by=studio.user)
    size = {"width": width, "height": 700}
    page = studio.page(path="/voices/", viewport=size, locale=language)
    page.evaluate("document.fonts.load('1rem Figtree')")
    page.reload()

    page.locator(".rows .select input").first.check()

    assert bounding_box(page.locator("#selection"))["height"] < 60


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_bar_of_selected_rows_is_one_line_and_hides_no_row(studio: Studio, width: int) -> None:
    for _number in range(16):
        factories.make_attempt(AttemptState.FAILED, by=studio.user)
    page = studio.page(path="/history/", viewport={"width": width, "height": 700})
    if width < 1280:
        page.get_by_text("Select", exact=True).click()
    page.locator(".rows .select input").first.check()
    page.evaluate(AXE)

    assert run_axe(page, ALL_RULES) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")

    bar, last = (
        bounding_box(page.locator(place)) for place in ("#selection", ".rows > :last-child")
    )
    assert last["y"] + last["height"] <= bar["y"]
    assert bar["height"] < 60
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= width


def test_actions_of_selected_rows_open_above_the_bar_of_a_phone(studio: Studio) -> None:
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/history/", viewport={"width": 320, "height": 568})
    page.get_by_text("Select", exact=True).click()
    page.locator(".rows .select input").first.check()
    bar, actions = page.locator("#selection"), page.locator("#selection-actions")
    expect(actions).to_be_hidden()

    bar.get_by_role("button", name="Actions").click()

    menu = bounding_box(actions)
    assert menu["y"] >= 0
    assert menu["y"] + menu["height"] <= bounding_box(bar)["y"]
    assert menu["x"] + menu["width"] <= 320
    assert_touch_targets(bar)
    names = ["Select all", "Add tags", "Mark as heard", "Download ZIP", "Export CSV"]
    assert [name.strip() for name in actions.get_by_role("button").all_inner_texts()] == names
    with page.expect_download():
        actions.get_by_role("button", name="Export CSV").click()
    expect(actions).to_be_hidden()
    bar.get_by_role("button", name="Actions").click()
    actions.get_by_role("button", name="Mark as heard").click()
    expect(page.get_by_text("1 voice was marked as heard.")).to_be_visible()


def test_bar_of_selected_rows_is_mirrored_from_right_to_left(studio: Studio) -> None:
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/history/", viewport={"width": 375, "height": 700})
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.get_by_text("Select", exact=True).click()
    page.locator(".rows .select input").first.check()
    page.locator("#selection").get_by_role("button", name="Actions").click()

    bar, count, menu = (
        bounding_box(page.locator(place))
        for place in ("#selection", ".selected-count", "#selection-actions")
    )
    assert bar["x"] + bar["width"] - count["x"] - count["width"] > 8
    assert menu["x"] == bar["x"]


def test_actions_of_selected_rows_are_shown_without_scripts(studio: Studio) -> None:
    factories.make_attempt(by=studio.user)
    size = {"width": 320, "height": 568}
    page = studio.page(path="/history/", viewport=size, java_script_enabled=False)

    page.locator(".rows .select input").first.check()
    page.get_by_role("button", name="Mark as heard").click()

    expect(page.get_by_text("1 voice was marked as heard.")).to_be_visible()


def test_range_is_selected_by_keyboard_alone_and_ends_with_a_search(studio: Studio) -> None:
    for number in range(5):
        factories.make_attempt(AttemptState.FAILED, by=studio.user, speaker_name=f"Anna {number}")
    page = studio.page(path="/history/")
    boxes, count = page.locator(".rows .select input"), page.locator(".selected-count")

    def ticked() -> list[int]:
        return [at for at in range(boxes.count()) if boxes.nth(at).is_checked()]

    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert ticked() == [0, 1, 2]
    # The same on the checkboxes themselves, where it takes ticks away, too.
    boxes.nth(1).press("Space")
    assert ticked() == [0, 2]
    boxes.nth(4).press("Shift+Space")
    assert ticked() == [0, 1, 2, 3, 4]
    expect(count).to_have_text("Selected rows: 5")
    page.keyboard.press("/")
    page.keyboard.type("anna")
    expect(page).to_have_url(re.compile("q=anna"))

    # The rows are others now, and what is not in sight must not be acted on.
    expect(page.locator("#selection")).to_be_hidden()
    assert ticked() == []
