"""The recorder's deck and text as one sees them, with a microphone that hums."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Studio
from tests.browser.fingers import too_small
from voicestudio.models import AudioFile, Origin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The browser of all other tests has no ears.
HUMS = """
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const [tone, loudness] = [context.createOscillator(), context.createGain()];
    const heard = context.createMediaStreamDestination();
    loudness.gain.value = 0.1;
    tone.connect(loudness).connect(heard);
    tone.start();
    return heard.stream;
  };
"""


def deck(studio: Studio, card: str = "[data-step=recording]", width: int = 1280) -> Page:
    """The form with the recorder of a card opened."""
    page = studio.page(viewport={"width": width, "height": 740}, before=HUMS)
    if "prompt_clip" in card:
        page.get_by_text("Improve likeness").click()
    page.locator(card).get_by_text("Record here").click()
    expect(page.locator(".recorder")).to_be_visible()
    return page


def press(page: Page, name: str) -> None:
    page.locator(".recorder").get_by_role("button", name=name, exact=True).click()


def test_text_is_in_the_browser_s_language_at_first(studio: Studio) -> None:
    page = studio.page(before="Object.defineProperty(navigator, 'language', { value: 'pt-BR' });")

    page.locator("[data-step=recording]").get_by_text("Record here").click()

    expect(page.locator(".reading-text > :visible")).to_have_attribute("lang", "pt")
    expect(page.get_by_label("A text to read aloud", exact=True)).to_have_value("Portuguese")


@pytest.mark.parametrize("width", [375, 1280])
def test_time_level_and_stop_stay_in_sight_of_the_text(studio: Studio, width: int) -> None:
    page = deck(studio, width=width)
    heading = page.get_by_text("A text to read aloud", exact=True)
    before = heading.bounding_box()
    scrolled = page.evaluate("scrollY")

    press(page, "Record")
    expect(page.get_by_text("Good.", exact=True)).to_be_visible()

    after = heading.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] + page.evaluate("scrollY") - before["y"] - scrolled) <= 1
    for part in (".recorder .elapsed-time", ".recorder [data-action=stop]", ".reading-text"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    if width == 375:
        assert too_small(page, ".recorder") == []
    page.mouse.wheel(0, 250)
    page.wait_for_function("() => scrollY > 250")
    expect(page.locator(".recorder [data-action=stop]")).to_be_in_viewport(ratio=1)


def test_way_of_a_take_is_shown_in_its_deck(studio: Studio) -> None:
    page = deck(studio, "section:has(#prompt_clip)")
    held: list[Route] = []

    def hold(route: Route) -> None:
        """The first two never arrive."""
        if len(held) == 2:
            route.continue_()
        else:
            held.append(route)

    page.route("**/recordings/", hold)
    way = page.locator(".recorder .recorder-progress")
    use = page.locator(".recorder [data-action=use]")
    press(page, "Record")
    page.wait_for_function("() => document.querySelector('[data-elapsed]').textContent > '0:00'")
    press(page, "Stop")

    def wait_for_held(count: int) -> None:
        """Until so many requests are on their way."""
        for _ in range(500):
            if len(held) == count:
                return
            page.wait_for_timeout(10)
        raise AssertionError(held)

    press(page, "Use this recording")
    expect(way.locator("progress")).to_be_visible()
    wait_for_held(1)
    expect(way.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(use).to_be_focused()
    expect(page.locator(".recorder .player")).to_be_visible()
    # Another file that is chosen meanwhile counts; the take stays.
    use.press("Enter")
    expect(way.locator("progress")).to_be_visible()
    wait_for_held(2)
    page.locator("#id_prompt_file").set_input_files(studio.wav(seconds=6))
    expect(page.locator("#prompt_clip .recording")).to_contain_text("anna.wav")
    expect(use).to_be_visible()
    use.click()

    expect(page.locator("#prompt_clip .recording")).to_contain_text(re.compile("^\\s*Recorded "))
    assert [one.origin for one in AudioFile.objects.order_by("pk")] == [
        Origin.UPLOADED, Origin.RECORDED,
    ]  # fmt: skip


def test_why_a_take_is_refused_stands_in_its_deck(studio: Studio) -> None:
    page = deck(studio)
    press(page, "Record")
    page.wait_for_function("() => document.querySelector('[data-elapsed]').textContent > '0:00'")
    press(page, "Stop")
    again = page.locator(".recorder [data-action=restart]:visible")
    expect(page.get_by_text("This is too short for MiniMax.")).to_be_visible()
    assert again.bounding_box()["x"] < page.locator("[data-action=use]").bounding_box()["x"]  # type: ignore[index]

    press(page, "Use this recording")

    said = page.locator(".recorder [data-message-area]")
    expect(said).to_contain_text(re.compile(r"Recorded .*\.webm"))
    expect(said.locator("b")).to_have_text("This recording is too short.")
    expect(said).to_contain_text("MiniMax needs at least 10 seconds.")
    expect(page.locator(".upload-message .note")).to_have_count(0)
    expect(page.locator(".recorder .player")).to_be_visible()
    assert AudioFile.objects.count() == 0
