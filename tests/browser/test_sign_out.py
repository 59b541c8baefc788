"""After the sign-in has ended, the back button shows nothing that needs one."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("path", ["/new/", "/history/"])
def test_back_shows_no_names_after_signing_out(studio: Studio, path: str) -> None:
    factories.make_attempt(by=studio.user, speaker_name="Anna Larsen")
    page = studio.page(path=path)
    expect(page.get_by_text("Anna Larsen").first).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.go_back()

    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_text("Anna Larsen")).to_have_count(0)


def test_back_shows_no_form_after_the_sign_in_has_expired(studio: Studio) -> None:
    factories.make_attempt(by=studio.user, speaker_name="Anna Larsen")
    page = studio.page()
    page.goto("/recordings/")
    studio.expire_sessions()

    page.go_back()

    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_text("Anna Larsen")).to_have_count(0)
