"""The player in a browser: moved by keys and pointer, playing on while its page changes."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import bounding_box, wait_for_position
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = 60  # seconds


def make_long_attempt(studio: Studio, state: str = AttemptState.READY) -> CloneAttempt:
    recording = factories.make_recording(
        by=studio.user, content=hum(LONG), name="anna.wav", duration_ms=LONG * 1000
    )
    length: dict[str, Any] = {"audio_duration_ms": LONG * 1000}
    return factories.make_attempt(
        state, by=studio.user, recording=recording, speaker_name="Anna Larsen", audio=hum(LONG),
        created_at=timezone.now(), **(length if state == AttemptState.READY else {}),
    )  # fmt: skip


def test_keys_move_through_a_long_preview(studio: Studio) -> None:
    attempt = make_long_attempt(studio)
    page = studio.page(path=f"/history/{attempt.pk}/")
    slider = page.get_by_role("slider", name="Position: preview of Anna Larsen")
    audio = page.locator(".player[data-large] audio")
    texts, seconds = [], []

    for key in (
        "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown", "PageUp", "PageUp", "PageUp",
        "PageDown", "End", "PageUp", "Home", "PageDown",
    ):  # fmt: skip
        slider.press(key)
        texts.append(slider.get_attribute("aria-valuetext"))
        seconds.append(round(audio.evaluate("audio => audio.currentTime")))

    assert seconds == [5, 10, 5, 0, 10, 20, 30, 20, 60, 60, 0, 0]
    assert texts == [f"{at // 60}:{at % 60:02} / 1:00" for at in seconds]


def test_time_under_the_pointer_is_shown_above_it(studio: Studio) -> None:
    attempt = make_long_attempt(studio)
    page = studio.page(path=f"/history/{attempt.pk}/")
    track = page.locator(".player[data-large] .track")
    box = bounding_box(track)
    label = track.locator(".pointed-time")
    expect(label).to_be_hidden()

    for share, time in ((0.25, "0:15"), (0.75, "0:45")):
        x = box["x"] + share * box["width"]
        page.mouse.move(x, box["y"] + box["height"] / 2)
        expect(label).to_have_text(time)
        expect(label).to_be_visible()
        shown = bounding_box(label)
        assert shown["x"] + shown["width"] / 2 == pytest.approx(x, abs=1.5)
        assert shown["y"] + shown["height"] <= box["y"] + 1
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    position = page.locator(".player[data-large] audio").evaluate("audio => audio.currentTime")
    assert position == pytest.approx(LONG / 2, abs=0.5)


def play(page: Page, label: str) -> None:
    """Play one, and note its audio element, to see whether it goes on."""
    page.get_by_role("button", name=f"Play: {label}").click()
    audio = page.locator(".player[data-playing] audio")
    wait_for_position(audio, 0.1)
    audio.evaluate("audio => { window.first = audio; }")


def assert_plays_on(page: Page) -> None:
    """The noted element is in the page, plays on from where it was, and its player shows so."""
    position = page.evaluate("first.currentTime")
    assert position > 0.1
    page.wait_for_function("before => first.currentTime > before + 0.1", arg=position, polling=50)
    assert page.evaluate("first.isConnected && !first.paused")
    expect(page.locator(".player[data-playing]")).to_have_count(1)
    assert page.locator(".player[data-playing] audio").evaluate("audio => audio === first")


def test_recording_plays_on_while_the_attempt_around_it_changes(studio: Studio) -> None:
    attempt = make_long_attempt(studio, AttemptState.CLONING)
    page = studio.page(path=f"/history/{attempt.pk}/")
    play(page, "recording anna.wav")

    CloneAttempt.objects.update(status=AttemptState.FAILED)

    expect(page.locator("#attempt .badge[data-state=failed]")).to_be_visible()
    assert_plays_on(page)


def test_preview_plays_on_while_a_row_beside_it_changes(studio: Studio) -> None:
    make_long_attempt(studio)
    running = factories.make_attempt(
        AttemptState.CLONING, by=studio.user, created_at=timezone.now()
    )
    page = studio.page(path="/history/")
    play(page, "preview of Anna Larsen")

    CloneAttempt.objects.filter(pk=running.pk).update(status=AttemptState.FAILED)

    expect(page.locator(f"#attempt-{running.pk} .badge[data-state=failed]")).to_be_visible()
    assert_plays_on(page)


def play_on_home_page(studio: Studio) -> Page:
    """The home page, which polls, with a preview that is heard for the first time."""
    make_long_attempt(studio)
    factories.make_attempt(AttemptState.CLONING, by=studio.user)
    page = studio.page(path="/")
    with page.expect_response(re.compile("/heard/$")):
        play(page, "preview of Anna Larsen")
    return page


def test_voice_that_is_heard_for_the_first_time_stays_on_the_home_page(studio: Studio) -> None:
    page = play_on_home_page(studio)

    with page.expect_response(re.compile(r"/\?phase=")):
        pass
    assert_plays_on(page)
    page.get_by_role("button", name="Pause").click()

    expect(page.get_by_role("heading", name="In progress · 1")).to_be_visible()
    expect(page.get_by_role("heading", name="Ready to hear")).to_have_count(0)


def test_home_page_does_not_wait_for_audio_that_stalls(studio: Studio) -> None:
    page = play_on_home_page(studio)

    page.evaluate(
        "document.querySelector('[data-playing] audio, audio[data-playing]').playbackRate = 0"
    )

    expect(page.get_by_role("heading", name="Ready to hear")).to_have_count(0, timeout=20_000)


def test_one_plays_at_a_time_with_the_chosen_speed_and_volume(studio: Studio) -> None:
    for name in ("Anna Larsen", "Bert Berg"):
        factories.make_attempt(by=studio.user, speaker_name=name, audio=hum(LONG))
    chosen = "localStorage['player-speed'] = 1.25; localStorage['player-volume'] = 0.5"
    page = studio.page(path="/history/", init_script=chosen)
    anna, bert = page.locator("audio").nth(1), page.locator("audio").nth(0)

    for audio, name, other in ((anna, "Anna Larsen", bert), (bert, "Bert Berg", anna)):
        page.get_by_role("button", name=f"Play: preview of {name}").click()
        wait_for_position(audio, 0.1)
        assert other.evaluate("audio => audio.paused")
        expect(page.locator(".player[data-playing]")).to_have_count(1)
        assert audio.evaluate("a => [a.playbackRate, a.volume]") == [1.25, 0.5]
