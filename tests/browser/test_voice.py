"""A voice in a real browser: kept, spoken with, tried again with changes, and found out about."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.test_attempt import ask, assert_heard
from voicestudio.models import AttemptState, CloneAttempt, Speech, Voice, VoiceState
from voicestudio.practice.server import Fault, StandIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def made(studio: Studio) -> Page:
    """The page of a voice that has just been cloned and heard."""
    page = ask(studio)
    play = page.get_by_role("button", name="Play: preview of Anna Larsen")
    with page.expect_response(re.compile(r"/heard/$")) as told:
        play.click()
    assert told.value.status == 204
    page.goto(f"/voices/{Voice.objects.get().pk}/")
    # It is gone as soon as the browser loads another page.
    page.evaluate("document.documentElement.dataset.here = 'yes'")
    return page


def test_voice_is_kept_and_its_page_follows(studio: Studio, standin: StandIn) -> None:
    page = made(studio)
    assert Voice.objects.get().heard_at is not None
    expect(page.locator("#voice-badge")).to_have_text(re.compile("Temporary"))
    standin.script("t2a_v2", Fault(after="work", delay=1.5))

    # By the keyboard alone.
    page.get_by_text("Keep this voice").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The total is $1.50. Keep it?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    row = page.locator("li.speech")
    expect(row.locator(".badge")).to_have_text(re.compile("Generating"))
    page.evaluate("document.documentElement.dataset.here = 'yes'")
    expect(row.locator(".badge")).to_have_text(re.compile("Ready"))
    expect(page.locator("#voice-badge")).to_have_text(re.compile("Kept"))
    expect(page.locator("#life h2")).to_have_text("Kept")
    expect(page.locator("#life")).to_contain_text("$1.51")
    expect(page.locator("#speech-price")).not_to_contain_text("first use")
    expect(page.locator("#story")).to_contain_text("Kept, anna")
    assert page.evaluate("document.documentElement.dataset.here") == "yes"
    assert Voice.objects.get().state == VoiceState.KEPT


def test_voice_speaks_a_text_that_can_be_heard_and_used_again(
    studio: Studio, standin: StandIn
) -> None:
    page = made(studio)
    page.get_by_label("Text", exact=True).fill("Good morning, everybody.")
    expect(page.locator("#speech-price")).to_contain_text("24 of 9,999 characters")
    page.get_by_text("Speed, volume, pitch, format").click()
    page.get_by_label("Pitch").fill("-2")

    page.get_by_role("button", name="Generate", exact=True).click()

    row = page.locator("li.speech")
    expect(row).to_contain_text("Good morning, everybody.")
    row.get_by_role("button", name="Play: generated speech").click()
    assert_heard(page, 2, 0.1)
    row.get_by_role("link", name="Use again").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Good morning, everybody.")
    expect(page.get_by_label("Pitch")).to_have_value("-2")
    assert [call.json["voice_setting"]["pitch"] for call in standin.calls if call.json
            and call.path.endswith("t2a_v2")] == [-2]  # fmt: skip
    assert Speech.objects.get().state == "ready"


def test_expired_sign_in_loses_no_text(studio: Studio) -> None:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path=f"/voices/{voice.pk}/")
    # As an address this text would be longer than a server reads.
    page.get_by_label("Text", exact=True).fill("好" * 8_000)
    expect(page.get_by_text("8,000 of 9,999 characters.")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("Nothing of this is lost.")
    expect(page.get_by_text("8,000 of 9,999 characters.")).to_be_hidden()
    studio.sign_everybody_out()

    page.get_by_role("button", name="Generate", exact=True).click()
    studio.expects("401")
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(page.locator("li.speech")).to_contain_text("Nothing of this is lost.")
    assert [speech.text for speech in Speech.objects.all()] == ["Nothing of this is lost."]


def test_clone_is_made_again_with_changes_and_the_better_one_is_pinned(studio: Studio) -> None:
    page = ask(studio)
    page.get_by_role("link", name="Clone again").click()
    page.get_by_text("Sound options").click()
    page.get_by_label("Reduce noise").check()
    page.get_by_role("button", name="Clone voice").click()
    expect(page.locator("#mistakes")).to_be_visible()
    page.get_by_label("I have this person's permission to clone their voice").check()
    page.get_by_role("button", name="Clone voice").click()

    expect(page.locator("#changed")).to_contain_text("Reduce noise on (since attempt")
    expect(page.locator("#attempt .badge")).to_have_text(re.compile("Ready"))
    page.get_by_role("link", name="Anna Larsen").click()
    first, second = CloneAttempt.objects.order_by("pk")
    assert second.parent == first
    rows = page.locator(".tree > li")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("Reduce noise on")
    page.get_by_role("button", name="Play: preview of attempt").first.click()
    assert_heard(page, 0, 0.1)
    rows.nth(1).get_by_role("button", name="Pin as best").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#best")).to_contain_text(f"Attempt {second.pk}")
    pinned = rows.nth(1).get_by_role("button", name="Best", exact=True)
    expect(pinned).to_have_attribute("aria-pressed", "true")
    expect(pinned).to_be_focused()
    rows.nth(0).get_by_role("button", name="Pin as best").click()
    expect(page.locator("#best")).to_contain_text(f"Attempt {first.pk}")
    expect(rows.nth(1).get_by_role("button", name="Pin as best")).to_be_visible()


def test_lost_answer_is_checked_with_minimax(studio: Studio, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(after="work", action="drop"))
    page = ask(studio)
    expect(page.locator("#attempt .badge")).to_have_text(re.compile("Outcome unknown"))
    page.get_by_text("Check with MiniMax").click()

    page.get_by_role("button", name="Send it again").click()

    expect(page.locator("#attempt .badge")).to_have_text(re.compile("Ready"))
    expect(page.get_by_text("its preview was lost with MiniMax's response")).to_be_visible()
    expect(page.get_by_role("button", name="Fetch again")).to_have_count(0)
    attempt = CloneAttempt.objects.get()
    assert (attempt.state, Voice.objects.get().created_at) == (AttemptState.READY, attempt.sent_at)
    assert sum(call.path.endswith("voice_clone") for call in standin.calls) == 2


def test_end_of_a_voice_stands_in_the_time_zone_of_the_reader(studio: Studio) -> None:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    assert voice.expires_at is not None
    there = voice.expires_at.astimezone(ZoneInfo("Asia/Kathmandu"))

    page = studio.page(path=f"/voices/{voice.pk}/", timezone_id="Asia/Kathmandu")

    expect(page.locator("#life time").first).to_have_text(f"{there.day} {there:%b %Y, %H:%M}")
    expect(page.locator("#life time").first).to_have_attribute(
        "datetime", voice.expires_at.isoformat(timespec="seconds")
    )


@pytest.mark.parametrize("width", [375, 1280])
def test_pages_of_a_speaker_and_a_voice_fit(studio: Studio, width: int) -> None:
    long = "Wolfeschlegelsteinhausenbergerdorff " * 3
    attempt = None
    for state in AttemptState:
        attempt = factories.make_attempt(
            state, by=studio.user, speaker_name=long, parent=attempt, voice_id=f"{state}-" * 20
        )
    voice = Voice.objects.latest("pk")
    page = studio.page(path="/", viewport={"width": width, "height": 800})

    for path in (f"/speakers/{voice.speaker_id}/", f"/voices/{voice.pk}/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width
