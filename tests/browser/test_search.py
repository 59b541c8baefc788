"""The search of each list in a browser: its results are announced, and the focus stays."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("path", "searched", "announcement"),
    [
        ("/history/", "Lars", "1 attempt: Lars"),
        ("/voices/", "Lars", "1 voice: Lars"),
        ("/recordings/", "lars", "1 recording: lars"),
        ("/recordings/", "nothing", "0 recordings: nothing"),
    ],
)
def test_search_results_are_announced(
    studio: Studio, path: str, searched: str, announcement: str
) -> None:
    for name in ("Anna Larsen", "Omar Haddad"):
        recording = factories.make_recording(by=studio.user, name=f"{name}.mp3")
        factories.make_attempt(by=studio.user, speaker_name=name, recording=recording)
    page = studio.page(path=path)

    search = page.get_by_role("searchbox")
    search.fill(searched)

    expect(page.locator("#announcer")).to_have_text(announcement)
    expect(search).to_be_focused()
    expect(page.locator("#results .rows > li")).to_have_count(int(announcement[0]))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value(searched)
