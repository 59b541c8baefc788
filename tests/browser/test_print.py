"""Attempts and voices on paper."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from tests.practice.recordings import hum


@pytest.mark.parametrize("page_of", ["attempt", "voice"])
def test_paper_shows_facts_and_leaves_out_controls(studio: Studio, page_of: str) -> None:
    attempt = factories.make_attempt(by=studio.user, speaker_name="Anna Larsen", audio=hum(3))
    paths = {"attempt": f"/history/{attempt.pk}/", "voice": f"/voices/{attempt.cloned_voice_id}/"}
    page = studio.page(path=paths[page_of], color_scheme="dark")

    page.emulate_media(media="print")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".player .wave").first).to_be_visible()
    expect(
        page.locator("button:visible, nav:visible, audio:visible, footer:visible")
    ).to_have_count(0)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    assert page.locator("[name=notes]:visible").count() == (page_of == "voice")
