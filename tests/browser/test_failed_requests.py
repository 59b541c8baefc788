"""Requests that fail in a browser: said near what was pressed, nothing typed is lost."""

import re
from collections.abc import Callable

import pytest
from django.template import loader
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import sign_in
from voicestudio.models import Speech, Voice
from voicestudio.words.server_errors import DATABASE_AWAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FAILURES = {
    "refused": lambda route: route.abort("connectionrefused"),
    "gateway": lambda route: route.fulfill(
        status=502, content_type="text/html", body="<h1>Bad Gateway</h1>"
    ),
    "error": lambda route: route.fulfill(status=500, body="Server Error"),
}
EXPECTED_MESSAGES = ("ERR_CONNECTION_REFUSED", " 50", "htmx:", "Error Code 50")


@pytest.fixture
def voice(studio: Studio) -> Voice:
    """A voice that can speak."""
    for text in EXPECTED_MESSAGES:
        studio.expect_message(text)
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    return voice


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_failed_speech_keeps_its_text_and_can_be_repeated(
    studio: Studio, voice: Voice, fail: Callable[[Route], None]
) -> None:
    page = studio.page(path=f"/voices/{voice.pk}/")
    page.get_by_label("Text", exact=True).fill("Nothing of this is lost.")
    page.route("**/speak/", fail, times=1)

    generate = page.get_by_role("button", name="Generate")
    generate.press("Enter")

    alert = page.get_by_role("alert")
    expect(alert).to_be_in_viewport()
    expect(generate).to_be_focused()
    assert generate.evaluate(
        "(button, alert) => button.closest('form').contains(alert)", alert.element_handle()
    )
    expect(page.get_by_label("Text", exact=True)).to_have_value("Nothing of this is lost.")
    alert.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("li.speech")).to_contain_text("Nothing of this is lost.")
    expect(alert).to_have_count(0)
    assert Speech.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "button"),
    [
        ("/voices/{pk}/", "Save"),
        ("/voices/{pk}/delete/", "Delete"),
        ("/voices/compare/", "Compare"),
        ("/new/", "Use an example recording"),
    ],
)
def test_failure_is_said_near_the_button_until_it_works(
    studio: Studio, voice: Voice, path: str, button: str
) -> None:
    studio.user = factories.make_user("root", is_staff=True)  # for the comparison
    page = studio.page(path=path.format(pk=voice.pk))
    for fold in page.locator("#notes summary").all():
        fold.click()
    pressed = page.get_by_role("button", name=re.compile(f"^{button}")).first
    page.route(
        "**/*",
        lambda route: (
            FAILURES["refused"](route) if route.request.method == "POST" else route.continue_()
        ),
    )

    pressed.click()

    expect(page.get_by_role("alert").filter(has_text="Try again")).to_be_in_viewport()
    expect(pressed).to_be_visible()


def test_failure_of_the_database_is_said_in_its_own_words(studio: Studio, voice: Voice) -> None:
    page = studio.page(path="/history/")
    facts = {"headline": DATABASE_AWAY.headline, "next_step": DATABASE_AWAY.next_step}
    note = loader.render_to_string("_note.html", facts | {"state": "failed"})
    page.route(
        "**/history/?**",
        lambda route: route.fulfill(status=503, headers={"Studio-Fault": "true"}, body=note),
        times=1,
    )
    page.get_by_role("searchbox").fill("Nobody")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(str(DATABASE_AWAY.headline))
    expect(alert).to_contain_text(str(DATABASE_AWAY.next_step))
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator("#results .attempt")).to_have_count(0)


def test_failed_search_can_be_repeated(studio: Studio, voice: Voice) -> None:
    page = studio.page(path="/history/")
    page.route("**/history/?**", FAILURES["gateway"], times=1)
    page.get_by_role("searchbox").fill("Nobody")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()

    expect(page.locator("#results .attempt")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value("Nobody")


def test_sign_in_that_cannot_be_reached_is_said(studio: Studio, voice: Voice) -> None:
    page: Page = studio.page(path=f"/voices/{voice.pk}/")
    with page.expect_response("**/price/"):  # otherwise it opens the sign-in as well
        page.get_by_label("Text", exact=True).fill("Nothing of this is lost.")
    studio.expire_sessions()
    page.route("**/sign-in/", FAILURES["refused"], times=1)
    page.get_by_role("button", name="Generate").click()

    page.get_by_role("button", name="Try again").click()
    sign_in(page)

    expect(page.locator("li.speech")).to_contain_text("Nothing of this is lost.")
