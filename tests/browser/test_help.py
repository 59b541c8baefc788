"""The help beside a control, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Studio
from voicestudio.words.help import SECTIONS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_question_mark_opens_the_help_and_keeps_the_form(studio: Studio) -> None:
    page = studio.page(path="/new/")
    page.get_by_label("Speaker").fill("Anna Larsen")

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Help: Permission (new tab)").click()

    sections = opened.value.locator(".help-section")
    expect(opened.value.get_by_role("heading", name="Permission")).to_be_in_viewport()
    expect(sections).to_have_count(len(SECTIONS))
    assert all(section.is_visible() for section in sections.all())
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
