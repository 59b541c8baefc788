"""Attempts and voices on paper."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from tests.practice.recordings import hum
from voicestudio.models import Voice
from voicestudio.services import notes


@pytest.mark.parametrize("page_of", ["attempt", "voice"])
def test_paper_shows_facts_and_leaves_out_controls(studio: Studio, page_of: str) -> None:
    attempt = factories.make_attempt(by=studio.user, speaker_name="Anna Larsen", audio=hum(3))
    paths = {"attempt": f"/history/{attempt.pk}/", "voice": f"/voices/{attempt.cloned_voice_id}/"}
    page = studio.page(path=paths[page_of], color_scheme="dark")

    page.emulate_media(media="print")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".player .wave").first).to_be_visible()
    # The slider of a waveform cannot be seen.
    controls = "button, nav, audio, footer, textarea, select, summary, input:not([type=range])"
    assert page.locator(controls).filter(visible=True).all_text_contents() == []
    assert page.locator("h2", has_text="What people say").filter(visible=True).count() == 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    split = page.locator("main :is(.card, li, dt, dd, .player)").evaluate_all(
        "all => all.filter((one) => getComputedStyle(one).breakInside !== 'avoid').length"
    )
    assert split == 0


def test_paper_has_the_whole_notes_of_a_voice(studio: Studio) -> None:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    lines = [f"Line {number}" for number in range(40)]
    Voice.objects.filter(pk=voice.pk).update(notes="\n".join(lines))
    notes.add_note(voice, "Too fast.", by=studio.user)
    page = studio.page(path=f"/voices/{voice.pk}/")
    expect(page.get_by_text("Line 39").filter(visible=True)).to_have_count(1)  # in the field

    page.emulate_media(media="print")

    text = page.locator("main").inner_text()
    assert [line for line in text.splitlines() if line.startswith("Line ")] == lines
    assert "Too fast." in text
