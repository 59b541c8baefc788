"""An attempt in a browser: watched, played, copied, searched for, and reopened."""

import re
from threading import Event
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import TIMEOUT_MS, Studio
from tests.browser.steps import (
    ATTEMPT_URL,
    choose_file,
    clone_voice,
    fill_in_form,
    submit_form,
    wait_for_position,
    wait_until,
)
from tests.conftest import answer_in_process
from voicestudio.audio import isolated
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.practice.server import Fault, StandIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLAY_VOICE = "Play: preview of Anna Larsen"
PLAY_RECORDING = "Play: recording anna.wav"


def assert_playing(page: Page, *expected: bool) -> None:
    """Whether each audio element of the page plays, in order."""
    playing = page.locator("audio").evaluate_all("all => all.map((audio) => !audio.paused)")
    assert playing == list(expected)


def test_attempt_updates_until_it_can_be_played(studio: Studio, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(after="work", delay=1.5))

    page = clone_voice(studio)
    page.evaluate("window.isSamePage = true")  # lost when the browser loads another page

    expect(page.locator("#attempt .badge[data-state=cloning]")).to_be_visible()
    expect(page.locator("#attempt .badge[data-state=ready]")).to_be_visible()
    expect(page).to_have_title(re.compile("Anna Larsen: Ready"))
    expect(page.locator("#announcer")).to_have_text("Anna Larsen: Ready")
    assert page.evaluate("window.isSamePage")
    expect(page.locator("#menu [aria-current]")).to_have_text("History")
    page.get_by_role("button", name=PLAY_VOICE).click()
    wait_for_position(page.locator("audio").first, 0.1)
    assert_playing(page, True, False)
    page.get_by_role("button", name=PLAY_RECORDING).click()
    wait_for_position(page.locator("audio").last, 0.1)
    assert_playing(page, False, True)
    attempt = CloneAttempt.objects.get()
    assert re.fullmatch(r"AnnaLarsen-[0-9][a-z0-9]{3}", attempt.voice_id)
    assert attempt.recording.name == "anna.wav"


def test_waveform_arrives_while_the_preview_plays(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_playing = Event()

    def decode(operation: str, *arguments: Any) -> dict[str, Any]:
        if operation == "read_waveform":
            assert is_playing.wait(TIMEOUT_MS / 1000)
        return answer_in_process(operation, *arguments)

    monkeypatch.setattr(isolated, "_call_child", decode)
    page = clone_voice(studio)
    player = page.locator("#attempt .player[data-kind=voice]")

    def measure_boxes() -> list[list[float]]:
        # In one step, because the waveform is replaced every few hundred milliseconds.
        boxes: list[list[float]] = player.evaluate(
            """player => [
              player, player.querySelector("time"), player.querySelector(".wave"),
              document.querySelector("#download"),
            ].map(part => {
              const { x, y, width, height } = part.getBoundingClientRect();
              return [x, y, width, height];
            })"""
        )
        return boxes

    page.get_by_role("button", name=PLAY_VOICE).click()
    player.locator("audio").evaluate("audio => { audio.loop = true; window.first = audio; }")
    wait_for_position(player.locator("audio"), 0.1)
    assert player.locator(".wave[data-length]").count() == 0
    before = measure_boxes()
    is_playing.set()

    expect(player.locator(".wave[data-length]")).to_be_visible()
    assert page.evaluate("window.first.isConnected && !window.first.paused")
    assert measure_boxes() == before
    length = CloneAttempt.objects.get().audio_duration_ms
    expect(player.locator("time")).to_have_attribute("data-length", str(length))


def test_result_that_precedes_its_page_is_announced(studio: Studio) -> None:
    page = studio.page()
    fill_in_form(page)
    choose_file(page, studio.wav())

    def continue_when_ready(route: Route) -> None:
        wait_until(lambda: CloneAttempt.objects.get().state == AttemptState.READY)
        connections.close_all()  # Playwright calls this outside of the test's own context
        route.continue_()

    page.context.route(ATTEMPT_URL, continue_when_ready)
    submit_form(page)

    expect(page.locator("#announcer")).to_have_text("Anna Larsen: Ready")


def test_slider_seeks_by_keyboard(studio: Studio) -> None:
    page = clone_voice(studio)
    expect(page.get_by_role("button", name=PLAY_VOICE)).to_be_visible()

    page.get_by_role("slider", name="Position: recording anna.wav").press("End")

    wait_for_position(page.locator("audio").last, 11)


def test_voice_id_is_copied(studio: Studio) -> None:
    page = clone_voice(studio)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator("#announcer")).to_have_text("Anna Larsen: Ready")

    page.get_by_role("button", name="Copy the voice ID").click()

    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == CloneAttempt.objects.get().voice_id


def test_reopened_tab_shows_the_attempt(studio: Studio, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(after="work", delay=1.5))
    page = clone_voice(studio)
    expect(page.locator("#attempt .badge[data-state=cloning]")).to_be_visible()

    page.close()
    reopened = page.context.new_page()
    reopened.goto(f"/history/{CloneAttempt.objects.get().pk}/")

    expect(reopened.get_by_role("button", name=PLAY_VOICE)).to_be_visible()
    expect(reopened.locator("#attempt .badge[data-state=ready]")).to_be_visible()


def test_history_updates_its_rows_and_can_be_searched(studio: Studio, standin: StandIn) -> None:
    factories.make_attempt(by=studio.user, speaker_name="Bert Berg", voice_id="BertBerg-2abc")
    standin.script("voice_clone", Fault(after="work", delay=1.5))
    page = clone_voice(studio)

    page.get_by_role("link", name="History").first.click()
    rows = page.locator("li.attempt")
    expect(rows).to_have_count(2)
    expect(rows.first).to_have_attribute("data-state", "ready")
    expect(rows.first.get_by_role("button", name=PLAY_VOICE)).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("berg")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]q=berg"))
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Bert Berg").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bert Berg")


def test_slider_moves_by_five_seconds_and_says_the_time(studio: Studio) -> None:
    page = clone_voice(studio)
    slider = page.get_by_role("slider", name="Position: recording anna.wav")

    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0:05 / 0:12")
    slider.press("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", "0:12 / 0:12")
    slider.press("ArrowLeft")

    expect(slider).to_have_attribute("aria-valuetext", "0:07 / 0:12")


def test_speed_and_volume_are_remembered(studio: Studio) -> None:
    page = clone_voice(studio)
    page.get_by_label("Speed").select_option("1.5")
    page.get_by_role("slider", name="Volume").press("Home")
    page.reload()

    page.get_by_role("button", name=PLAY_VOICE).click()
    wait_for_position(page.locator("audio").first, 0)

    assert page.locator("audio").first.evaluate("a => [a.playbackRate, a.volume]") == [1.5, 0]
    expect(page.get_by_label("Speed")).to_have_value("1.5")
