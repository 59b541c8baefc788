"""An attempt in a real browser: watched, heard, copied, found again, left and come back to."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import Studio
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.practice.server import Fault, StandIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VOICE = "Play: preview of Anna Larsen"
RECORDING = "Play: recording anna.wav"


def fill_in(studio: Studio) -> Page:
    """The form, ready to be sent."""
    page = studio.page()
    page.get_by_label("Speaker").fill("Anna Larsen")
    expect(page.get_by_text("Free to use")).to_be_visible()
    page.get_by_label("I have this person's permission to clone their voice").check()
    page.locator("#id_file").set_input_files(studio.wav())
    expect(page.locator("#recording .recording")).to_be_visible()
    return page


def ask(studio: Studio) -> Page:
    """The page of an attempt that has just been asked for."""
    page = fill_in(studio)
    # It is gone as soon as the browser loads another page.
    page.evaluate("document.documentElement.dataset.here = 'yes'")
    page.get_by_role("button", name="Clone voice").click()
    expect(page).to_have_url(re.compile(r"/history/\d+/$"))
    return page


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Wait for what happens outside of the page."""
    for _turn in range(400):
        if condition():
            return
        page.wait_for_timeout(25)
    pytest.fail("It has not happened.")


def playing(page: Page) -> list[bool]:
    """For each player of the page, whether its sound plays."""
    found: list[bool] = page.evaluate(
        "[...document.querySelectorAll('audio')].map((sound) => !sound.paused)"
    )
    return found


def assert_heard(page: Page, player: int, seconds: float) -> None:
    """Wait until this player's sound is beyond so many seconds."""
    for _turn in range(200):
        now = page.evaluate("n => document.querySelectorAll('audio')[n].currentTime", player)
        if now > seconds:
            return
        page.wait_for_timeout(25)
    pytest.fail(f"The sound stands at {now} s.")


def test_attempt_is_watched_until_it_can_be_heard(studio: Studio, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(after="work", delay=1.5))

    page = ask(studio)

    expect(page.get_by_text("Cloning").first).to_be_visible()
    expect(page.locator("#attempt .badge")).to_have_text(re.compile("Ready"))
    expect(page).to_have_title(re.compile("Anna Larsen: Ready"))
    expect(page.locator("#announcer")).to_have_text("Anna Larsen: Ready")
    assert page.evaluate("document.documentElement.dataset.here") == "yes"
    expect(page.locator("#menu [aria-current]")).to_have_text("History")
    page.get_by_role("button", name=VOICE).click()
    assert_heard(page, 0, 0.1)
    assert playing(page) == [True, False]
    page.get_by_role("button", name=RECORDING).click()
    assert_heard(page, 1, 0.1)
    assert playing(page) == [False, True]


def test_answer_that_is_there_before_the_page_is_said_too(studio: Studio) -> None:
    page = fill_in(studio)
    held: list[Route] = []
    page.context.route(re.compile(r"/history/\d+/$"), lambda route: held.append(route))
    page.get_by_role("button", name="Clone voice").click()
    wait_until(page, lambda: held)
    wait_until(page, lambda: CloneAttempt.objects.get().state == AttemptState.READY)

    held[0].continue_()

    expect(page.locator("#announcer")).to_have_text("Anna Larsen: Ready")


def test_sound_is_sought_by_keyboard(studio: Studio) -> None:
    page = ask(studio)
    expect(page.get_by_role("button", name=VOICE)).to_be_visible()

    page.get_by_role("slider", name="Position: recording anna.wav").focus()
    page.keyboard.press("End")

    assert_heard(page, 1, 11)


def test_voice_id_is_copied(studio: Studio) -> None:
    page = ask(studio)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator("#announcer")).to_have_text("Anna Larsen: Ready")

    page.get_by_role("button", name="Copy the voice ID").click()

    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == CloneAttempt.objects.get().voice_id


def test_tab_that_was_closed_finds_everything_again(studio: Studio, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(after="work", delay=1.5))
    page = ask(studio)
    url = page.url
    expect(page.get_by_text("Cloning").first).to_be_visible()

    page.close()
    again = page.context.new_page()
    studio.watch(again)
    again.goto(url)

    expect(again.get_by_role("button", name=VOICE)).to_be_visible()
    expect(again.locator("#attempt .badge")).to_have_text(re.compile("Ready"))


def test_history_updates_its_rows_and_is_searched(studio: Studio, standin: StandIn) -> None:
    factories.make_attempt(by=studio.user, speaker_name="Bert Berg", voice_id="BertBerg-2abc")
    standin.script("voice_clone", Fault(after="work", delay=1.5))
    page = ask(studio)

    page.get_by_role("link", name="History").first.click()
    rows = page.locator("li.attempt")
    expect(rows).to_have_count(2)
    expect(rows.first.locator(".badge")).to_have_text(re.compile("Ready"))
    expect(rows.first.get_by_role("button", name=VOICE)).to_be_visible()
    page.get_by_label("Search").fill("berg")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]q=berg"))
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Bert Berg").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bert Berg")


@pytest.mark.parametrize("width", [375, 1280])
def test_pages_of_all_states_fit_and_name_their_controls(studio: Studio, width: int) -> None:
    long = "Wolfeschlegelsteinhausenbergerdorff " * 3
    made = [
        factories.make_attempt(state, by=studio.user, speaker_name=long) for state in AttemptState
    ]
    page = studio.page(path="/history/", viewport={"width": width, "height": 800})

    for path in ("/history/", "/voices/", *(f"/history/{attempt.pk}/" for attempt in made)):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        nameless = page.evaluate(
            "[...document.querySelectorAll('button, a, input:not([type=hidden]), select, summary')]"
            ".filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))"
            ".map((one) => one.outerHTML)"
        )
        assert nameless == []
