"""A voice in a browser: kept, spoken with, cloned again, reconciled, imported and deleted."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import (
    PERMISSION,
    clone_voice,
    sign_in,
    submit_form,
    tab_to,
    wait_for_position,
)
from tests.services.conftest import make_provider_voice
from voicestudio.models import AttemptState, CloneAttempt, Speech, Voice, VoiceState
from voicestudio.practice.server import Fault, StandIn
from voicestudio.practice.store import ClonedVoice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_heard_voice(studio: Studio) -> Page:
    """The page of a voice that has been cloned and played."""
    page = clone_voice(studio)
    with page.expect_response(re.compile(r"/heard/$")) as response:
        page.get_by_role("button", name="Play: preview of Anna Larsen").click()
    assert response.value.status == 204
    page.goto(f"/voices/{Voice.objects.get().pk}/")
    return page


def test_kept_voice_updates_its_page(studio: Studio, standin: StandIn) -> None:
    page = open_heard_voice(studio)
    assert Voice.objects.get().heard_at is not None
    badge = page.locator("#voice-badge .badge")
    expect(badge).to_have_attribute("data-state", "warn")
    standin.script("t2a_v2", Fault(after="work", delay=1.5))

    # By keyboard alone.
    page.get_by_text("Keep this voice").press("Enter")
    expect(page.locator("#life")).to_contain_text("$1.50")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    speech = page.locator("li.speech .badge")
    expect(speech).to_have_attribute("data-state", "cloning")
    page.evaluate("window.isSamePage = true")  # lost when the browser loads another page
    expect(speech).to_have_attribute("data-state", "ready")
    expect(badge).to_have_attribute("data-state", "good")
    expect(page.locator("#life")).to_contain_text("$1.51")
    expect(page.locator("#speech-price")).not_to_contain_text("$1.50")
    expect(page.locator("#speak-help")).not_to_contain_text("keep")
    expect(page.locator("#story")).to_contain_text("Kept, anna")
    assert page.evaluate("window.isSamePage")
    assert Voice.objects.get().state == VoiceState.KEPT


@pytest.mark.parametrize("path", ["/voices/{0.cloned_voice_id}/", "/history/{0.pk}/"])
def test_keeping_is_in_view_at_first_sight_on_a_phone(studio: Studio, path: str) -> None:
    attempt = factories.make_attempt(by=studio.user)
    page = studio.page(path=path.format(attempt), viewport={"width": 375, "height": 812})

    expect(page.get_by_text("Keep this voice")).to_be_in_viewport(ratio=1)
    page.get_by_text("Keep this voice").click()
    expect(page.get_by_role("button", name="Yes, keep it")).to_be_in_viewport(ratio=1)
    # Listening comes first, also by keyboard.
    download = page.get_by_role("link", name="Download the preview")
    play = page.get_by_role("button", name="Play: preview of")
    assert page.locator("#preview :is(button, a)").all_inner_texts()[-1].strip() == "Download"
    expect(play).to_be_visible()
    expect(download).to_be_visible()


def test_change_during_a_reload_of_the_voice_is_shown(studio: Studio) -> None:
    """The response to the first request shows the voice as it was before the second change."""
    voice = factories.make_voice()
    for event in ("htmx:afterRequest", "htmx:sendAbort"):  # of the request that is replaced
        studio.expect_message(event)
    page = studio.page(path=f"/voices/{voice.pk}/")
    address = re.compile(rf"/voices/{voice.pk}/$")
    change = "document.body.dispatchEvent(new Event('voice-changed'))"
    held: list[Route] = []
    page.route(address, lambda route: held.append(route), times=1)
    with page.expect_request(address):
        page.evaluate(change)
    old = page.request.get(page.url)

    Voice.objects.filter(pk=voice.pk).update(reminder_dismissed_at=timezone.now())
    page.evaluate(change)
    held[0].fulfill(response=old)

    expect(page.locator("#life")).to_contain_text("Reminder dismissed.")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_voice_speaks_a_text_that_can_be_played_and_reused(
    studio: Studio, standin: StandIn
) -> None:
    page = open_heard_voice(studio)
    text = page.get_by_label("Text", exact=True)
    text.fill("Good morning, everybody.")
    expect(page.locator("#speech-price")).to_contain_text("24 of 9,999")
    page.locator("#speak summary").click()
    page.get_by_label("Pitch").fill("-2")

    page.get_by_role("button", name="Generate").click()

    row = page.locator("li.speech")
    expect(row).to_contain_text("Good morning, everybody.")
    row.get_by_role("button", name="Play:").click()
    wait_for_position(row.locator("audio"), 0.1)
    row.get_by_role("link", name="Use again").click()
    expect(text).to_have_value("Good morning, everybody.")
    expect(page.get_by_label("Pitch")).to_have_value("-2")
    (call,) = standin.calls_of("t2a_v2")
    assert call.json["voice_setting"]["pitch"] == -2
    assert Speech.objects.get().state == "ready"


def test_text_is_spoken_after_a_new_sign_in(studio: Studio) -> None:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path=f"/voices/{voice.pk}/")
    text, price = page.get_by_label("Text", exact=True), page.locator("#speech-price")
    text.fill("好" * 8_000)  # too long for a URL, so the price must be requested by POST
    expect(price).to_contain_text("8,000 of 9,999")
    text.fill("Nothing of this is lost.")
    expect(price).to_contain_text("24 of 9,999")
    studio.expire_sessions()

    page.get_by_role("button", name="Generate").click()
    sign_in(page)

    expect(page.locator("li.speech")).to_contain_text("Nothing of this is lost.")
    assert [speech.text for speech in Speech.objects.all()] == ["Nothing of this is lost."]


def test_voice_is_cloned_again_and_the_better_attempt_is_pinned(studio: Studio) -> None:
    page = clone_voice(studio)
    page.get_by_role("link", name="Clone again").click()
    page.locator("summary", has_text="Sound options").click()
    page.get_by_label("Reduce noise").check()
    submit_form(page)
    expect(page.locator(".error-summary")).to_be_visible()  # permission is asked for each time
    page.get_by_label(PERMISSION).check()
    submit_form(page)

    expect(page.locator("#changed")).to_contain_text("Reduce noise: on")
    expect(page.locator("#attempt .badge[data-state=ready]")).to_be_visible()
    page.get_by_role("link", name="Anna Larsen").click()
    first, second = CloneAttempt.objects.order_by("pk")
    assert second.parent == first
    rows = page.locator(".tree > li")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("Reduce noise: on")
    rows.first.get_by_role("button", name="Play:").click()
    wait_for_position(rows.first.locator("audio"), 0.1)
    pins = page.locator(".tree [aria-pressed]")
    pins.nth(1).press("Enter")
    expect(page.locator("#best")).to_contain_text(f"Attempt {second.pk}")
    expect(pins.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(pins.nth(1)).to_be_focused()
    pins.nth(0).click()
    expect(page.locator("#best")).to_contain_text(f"Attempt {first.pk}")
    expect(pins.nth(1)).to_have_attribute("aria-pressed", "false")


def test_lost_answer_is_reconciled_with_minimax(studio: Studio, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(after="work", action="drop"))
    page = clone_voice(studio)
    expect(page.locator("#attempt .badge[data-state=unknown]")).to_be_visible()
    page.get_by_text("Check with MiniMax").click()

    page.get_by_role("button", name="Send it again").click()

    expect(page.locator("#attempt .badge[data-state=ready]")).to_be_visible()
    expect(page.get_by_role("button", name="Play: preview")).to_have_count(0)  # lost
    expect(page.get_by_role("button", name="Fetch again")).to_have_count(0)
    attempt = CloneAttempt.objects.get()
    assert (attempt.state, Voice.objects.get().created_at) == (AttemptState.READY, attempt.sent_at)
    assert len(standin.calls_of("voice_clone")) == 2


def test_expiry_is_shown_in_the_time_zone_of_the_reader(studio: Studio) -> None:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    assert voice.expires_at is not None
    local = voice.expires_at.astimezone(ZoneInfo("Asia/Kathmandu"))

    page = studio.page(path=f"/voices/{voice.pk}/", timezone_id="Asia/Kathmandu")

    expiry = page.locator("#life time").first
    expect(expiry).to_have_text(f"{local.day} {local:%b %Y, %H:%M}")
    expect(expiry).to_have_attribute("datetime", voice.expires_at.isoformat(timespec="seconds"))


def test_voice_is_deleted_by_keyboard_at_the_second_try(studio: Studio, standin: StandIn) -> None:
    voice = make_provider_voice(standin, by=studio.user, speaker_name="Anna Larsen")
    standin.script("delete_voice", Fault(status_code=1013))
    page = studio.page(path=f"/voices/{voice.pk}/")
    page.get_by_role("link", name="Delete at MiniMax").press("Enter")
    own_audio = page.get_by_label("Also delete our own audio")
    own_audio.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("someone-else")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not the voice ID")
    expect(own_audio).to_be_checked()

    page.get_by_label("Type the voice ID to confirm").fill(voice.voice_id)
    page.keyboard.press("Enter")
    result = page.locator("#deletion-result")
    expect(result).to_be_focused()
    expect(result.locator(".badge[data-state=bad]")).to_have_count(1)
    tab_to(result.get_by_role("button"))
    page.keyboard.press("Enter")

    expect(result.locator("li .badge[data-state=good]")).to_have_count(3)
    page.get_by_role("link", name="Go to the voice").click()
    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()
    expect(page.locator("audio")).to_have_count(0)
    voice.refresh_from_db()
    assert (voice.state, standin.voices) == (VoiceState.DELETED, {})


@pytest.mark.parametrize("javascript", [True, False])
def test_comparison_imports_a_voice(studio: Studio, standin: StandIn, javascript: bool) -> None:
    for number in (1, 2):
        voice_id = f"Stranger-{number}"
        standin.voices[voice_id] = ClonedVoice(voice_id, number, None, 0, used_at=1)
    studio.user = factories.make_user("root", is_staff=True)
    make_provider_voice(standin, by=studio.user, speaker_name="Anna Larsen", voice_id="Unused-1")
    page = studio.page(path="/voices/", java_script_enabled=javascript)
    page.get_by_role("link", name="Compare with MiniMax").click()

    page.get_by_role("button", name="Compare now").click()

    rows = page.locator("#only-there li")
    expect(rows).to_have_count(2)
    expect(page.locator("#only-here summary")).to_have_count(1)
    page.get_by_label("Speaker of Stranger-2").fill("Zoe Stranger")
    rows.nth(1).get_by_role("button").click()
    if javascript:
        # Only the row changes; the rest of the list stays.
        expect(rows.nth(1).locator("[autofocus]")).to_be_focused()
        page.get_by_role("link", name="Zoe Stranger").click()
    expect(page.get_by_role("heading", name="Zoe Stranger")).to_be_visible()
    assert Voice.objects.get(voice_id="Stranger-2").state == VoiceState.FROM_MINIMAX
