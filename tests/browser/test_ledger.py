"""The ledger in a real browser: a voice deleted by keyboard, and what MiniMax has compared."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.services.conftest import make_provider_voice
from voicestudio.models import Voice, VoiceState
from voicestudio.practice.server import Fault, StandIn
from voicestudio.practice.store import ClonedVoice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_voice_is_deleted_by_keyboard_at_the_second_try(studio: Studio, standin: StandIn) -> None:
    voice = make_provider_voice(standin, by=studio.user, speaker_name="Anna Larsen")
    standin.script("delete_voice", Fault(status_code=1013))
    page = studio.page(path=f"/voices/{voice.pk}/")
    page.get_by_role("link", name="Delete at MiniMax").press("Enter")
    here = page.get_by_label("Also delete our own audio")
    here.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("someone-else")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(re.compile("This is not the voice ID"))
    expect(here).to_be_checked()

    page.get_by_label("Type the voice ID to confirm").fill(voice.voice_id)
    page.keyboard.press("Enter")
    expect(page.locator("#became")).to_be_focused()
    expect(page.locator("#became")).to_contain_text("MiniMax has a problem on its side.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()
    expect(page.locator("#became li .badge")).to_have_text([re.compile("deleted")] * 3)
    page.get_by_role("link", name="Go to the voice").click()
    expect(page.get_by_role("heading", name="Deleted")).to_be_visible()
    expect(page.locator("audio")).to_have_count(0)
    voice.refresh_from_db()
    assert (voice.state, standin.voices) == (VoiceState.DELETED, {})


@pytest.mark.parametrize("scripts", [True, False])
def test_compare_shows_three_lists_and_takes_in(
    scripts: bool, studio: Studio, standin: StandIn
) -> None:
    for number in (1, 2):
        voice_id = f"Stranger-{number}"
        standin.voices[voice_id] = ClonedVoice(voice_id, number, None, 0, used_at=1)
    make_provider_voice(standin, by=studio.user, speaker_name="Anna Larsen", voice_id="Unused-1")
    page = studio.page(path="/voices/", java_script_enabled=scripts)
    page.get_by_role("link", name="Compare with MiniMax").click()

    page.get_by_role("button", name="Compare now").click()

    rows = page.locator("#only-there li")
    expect(rows).to_have_count(2)
    expect(page.locator("#only-here summary")).to_have_text([re.compile("never really spoken")])
    page.get_by_label("Whose voice Stranger-2 is").fill("Zoe Stranger")
    page.get_by_role("button", name="Take in Stranger-2").click()
    if scripts:
        # The row alone changes; the rest of the list stays as it is.
        expect(rows.nth(1)).to_contain_text("Imported")
        expect(rows.nth(1).locator("[autofocus]")).to_be_focused()
        page.get_by_role("link", name="Zoe Stranger").click()
    expect(page.get_by_role("heading", name="Zoe Stranger")).to_be_visible()
    expect(page.get_by_text("From MiniMax").first).to_be_visible()
    assert Voice.objects.get(voice_id="Stranger-2").state == VoiceState.FROM_MINIMAX
