"""The home page in a browser: it follows an attempt and says once what has changed."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from voicestudio.models import AttemptState, CloneAttempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_home_follows_an_attempt_and_says_once_what_changed(studio: Studio) -> None:
    attempt = factories.make_attempt(AttemptState.CLONING, by=studio.user)
    factories.make_attempt(AttemptState.READY, by=studio.user)
    page = studio.page(path="/")
    expect(page.get_by_role("heading", name="In progress · 1")).to_be_visible()
    page.evaluate(
        """() => {
            window.said = [];
            window.player = document.querySelector(".player");
            const announcer = document.getElementById("announcer");
            new MutationObserver(() => said.push(announcer.textContent))
                .observe(announcer, {childList: true});
        }"""
    )

    CloneAttempt.objects.filter(pk=attempt.pk).update(status=AttemptState.FAILED)

    expect(page.get_by_role("heading", name="Failed · 1")).to_be_visible()
    expect(page.get_by_role("heading", name="In progress")).to_have_count(0)
    assert page.evaluate("said") == ["1 voice ready to hear, 1 attempt failed"]
    assert page.evaluate("player.isConnected") is True  # so that what plays goes on
    page.keyboard.press("n")
    expect(page).to_have_title("Clone a voice · Voice Studio")
