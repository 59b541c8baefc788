"""The main flow, from the home page to the new voice: by keyboard only, and by roles and names."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Studio
from tests.browser.steps import ATTEMPT_URL, PERMISSION, tab_to
from voicestudio.models import CloneAttempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLAY = "Play: preview of Anna Larsen"
PAUSE = "Pause: preview of Anna Larsen"
TEXT = "Good morning. I read this in a quiet room, at the speed at which I usually talk."
FILE_FIELD = "Drop a file here, or choose a file"


def expect_position_to_move(page: Page) -> None:
    """The slider of the preview, as it is read out, leaves its start."""
    slider = page.get_by_role("slider", name="Position: preview of Anna Larsen")
    expect(slider).not_to_have_attribute("aria-valuetext", "0:00 / 0:00")
    expect(slider).not_to_have_js_property("value", "0")


def test_voice_is_cloned_heard_and_kept_by_keyboard_alone(studio: Studio) -> None:
    page = studio.page(path="/")
    keyboard = page.keyboard

    tab_to(page.get_by_role("main").get_by_role("link", name="New voice"))
    keyboard.press("Enter")
    tab_to(page.get_by_role("combobox", name="Speaker"))
    keyboard.type("Anna Larsen")
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    tab_to(page.get_by_role("checkbox", name=PERMISSION))
    keyboard.press("Space")
    with page.expect_file_chooser() as chooser:
        tab_to(page.locator("#id_file"))  # here: the browser has to hear first that it is expected
        keyboard.press("Enter")
    chooser.value.set_files(studio.wav())
    expect(page.locator("#recording .recording")).to_be_visible()
    tab_to(page.get_by_role("textbox", name="Preview text"))
    keyboard.press("ControlOrMeta+a")
    keyboard.type(TEXT)
    tab_to(page.get_by_role("button", name="Clone voice"))
    keyboard.press("Enter")
    expect(page).to_have_url(ATTEMPT_URL)
    expect(page.get_by_role("button", name=PLAY)).to_be_visible()
    tab_to(page.get_by_role("button", name=PLAY))
    keyboard.press("Space")
    expect(page.get_by_role("button", name=PAUSE)).to_be_focused()
    expect_position_to_move(page)
    tab_to(page.get_by_text("Keep this voice", exact=True))
    keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="Yes, keep it"))
    keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Kept", exact=True)).to_be_visible()
    attempt = CloneAttempt.objects.get()
    assert (attempt.recording.name, attempt.preview_text) == ("anna.wav", TEXT)


def test_voice_is_cloned_and_heard_by_roles_and_names(studio: Studio) -> None:
    page = studio.page(path="/")

    page.get_by_role("main").get_by_role("link", name="New voice").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_accessible_name("Clone a voice")
    page.get_by_role("combobox", name="Speaker").fill("Anna Larsen")
    expect(page.get_by_role("textbox", name="Voice ID")).not_to_have_value("")
    page.get_by_role("checkbox", name=PERMISSION).check()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=FILE_FIELD).first.press("Enter")
    chooser.value.set_files(studio.wav())
    expect(page.get_by_role("button", name="Play: recording anna.wav")).to_be_visible()
    page.get_by_role("button", name="Clone voice").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_accessible_name("Anna Larsen")
    page.get_by_role("button", name=PLAY).press("Enter")

    expect(page.get_by_role("button", name=PAUSE)).to_be_visible()
    expect_position_to_move(page)
    expect(page.get_by_role("link", name="Open voice")).to_be_visible()
