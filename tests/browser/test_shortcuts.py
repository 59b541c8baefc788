"""Keys in a browser: they move, play and open, and leave fields alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt, Verb
from voicestudio.services import audit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused_row(page: Page) -> str:
    return str(page.evaluate("document.activeElement.querySelector('.name a')?.textContent ?? ''"))


def test_keys_move_through_rows_and_open_one(studio: Studio) -> None:
    for name in ("Clara", "Ben", "Anna"):
        factories.make_attempt(AttemptState.FAILED, by=studio.user, speaker_name=name)
    page = studio.page(path="/history/")

    names = []
    for key in ("j", "j", "j", "j", "k"):
        page.keyboard.press(key)
        names.append(focused_row(page))
    page.keyboard.press("Enter")

    assert names == ["Anna", "Ben", "Clara", "Clara", "Ben"]
    expect(page.get_by_role("heading", level=1)).to_have_text("Ben")


def test_row_keeps_the_focus_when_it_changes(studio: Studio) -> None:
    attempt = factories.make_attempt(AttemptState.CLONING, by=studio.user)
    page = studio.page(path="/history/")
    row = page.locator(f"#attempt-{attempt.pk}")

    page.keyboard.press("j")
    expect(row).to_be_focused()
    CloneAttempt.objects.update(status=AttemptState.FAILED)
    expect(row).to_have_attribute("data-state", "failed")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(rf"/history/{attempt.pk}/$"))


def test_space_plays_the_row_but_presses_a_focused_control(studio: Studio) -> None:
    attempt = factories.make_attempt(AttemptState.READY, by=studio.user)
    page = studio.page(path="/history/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_role("link", name=attempt.speaker_name).first.focus()
    page.keyboard.press(" ")
    before = [url for url in asked if "/audio/" in url]
    with page.expect_request(f"**/audio/previews/{attempt.pk}/"):
        page.keyboard.press("j")
        page.keyboard.press(" ")

    assert before == []


def test_keys_work_in_lists_of_people_and_entries(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    attempt = factories.make_attempt(AttemptState.FAILED, by=studio.user)
    audit.record(Verb.DOWNLOADED, by=studio.user, on=attempt)
    page = studio.page(path="/audit/")

    for key in ("j", "j", "Enter"):  # below the entry of the sign-in
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(rf"/history/{attempt.pk}/$"))
    page.goto("/people/")
    for key in ("j", "Enter"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(rf"/people/{studio.user.pk}/$"))
    page.keyboard.press("/")

    expect(page.get_by_role("combobox", name="Search")).to_be_focused()


def test_slash_searches_and_letters_stay_in_the_field(studio: Studio) -> None:
    page = studio.page(path="/history/")

    page.keyboard.press("/")
    page.keyboard.type("njk?")

    expect(page.get_by_role("searchbox")).to_have_value("njk?")
    expect(page).to_have_title("History · Voice Studio")


def test_keys_are_listed_and_can_be_switched_off(studio: Studio) -> None:
    page = studio.page(path="/history/")

    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("v")

    expect(page).to_have_title("Voices · Voice Studio")


def test_o_switches_between_the_voice_and_the_original(studio: Studio) -> None:
    recording = factories.make_recording(
        by=studio.user, content=hum(30), name="anna.wav", figures={"loudness_lufs": -23}
    )
    attempt = factories.make_attempt(
        AttemptState.READY, by=studio.user, recording=recording, audio=hum(30)
    )
    CloneAttempt.objects.update(audio_lufs=-17)
    page = studio.page(path=f"/history/{attempt.pk}/")
    voice, original = page.locator(".player[data-large]"), page.locator("#sample .player")

    for key, player in ((" ", voice), ("o", original), ("o", voice)):
        page.keyboard.press(key)
        expect(player).to_have_attribute("data-playing", "")
        expect(page.locator(".player[data-playing]")).to_have_count(1)
    volumes = page.locator(".player audio").evaluate_all("all => all.map((audio) => audio.volume)")
    assert volumes == pytest.approx([10 ** (-6 / 20), 1], abs=0.001)
    expect(page.get_by_text("Preview and recording play equally loud here.")).to_be_visible()
