"""Choosing a speaker in a browser: from the list by keyboard and mouse, and by answering."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import (
    ATTEMPT_URL,
    PERMISSION,
    assert_touch_targets,
    choose_file,
    submit_form,
)
from voicestudio.models import CloneAttempt, Speaker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def speaker_field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Speaker")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def finish_form(page: Page, studio: Studio) -> None:
    page.get_by_label(PERMISSION).check()
    choose_file(page, studio.wav())
    submit_form(page)


def test_speaker_is_chosen_by_keyboard(studio: Studio) -> None:
    first, _second = (factories.make_speaker("Anna Larsen") for _number in range(2))
    factories.make_voice(speaker=first)
    page = studio.page()

    field = speaker_field(page)
    field.press_sequentially("larsén")
    expect(options(page)).to_have_text(
        [re.compile("0 voices"), re.compile("1 voice,"), "New speaker “larsén”"]
    )
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#announcer")).to_have_text("Speakers found: 2")
    field.press("ArrowUp")
    field.press("ArrowUp")
    active = options(page).nth(1)
    expect(active).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "")
    field.press("Enter")
    expect(field).to_have_value("Anna Larsen")
    expect(page.get_by_label("Voice ID")).to_have_value(re.compile("^AnnaLarsen-"))
    expect(page.get_by_role("listbox")).to_be_hidden()
    finish_form(page, studio)

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().speaker == first


def test_escape_closes_the_list_and_keeps_the_text(studio: Studio) -> None:
    factories.make_speaker("Anna Larsen")
    page = studio.page()

    field = speaker_field(page)
    field.press("ArrowDown")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    field.press_sequentially("Ann")
    expect(options(page).last).to_have_text("New speaker “Ann”")
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("Ann")
    # A name like no other opens no list over the next fields.
    with page.expect_response("**/speakers/options/**"):
        field.fill("Bea")

    expect(page.locator("#announcer")).to_have_text("Speakers found: 0")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_new_speaker_of_a_known_name_is_added_on_purpose(studio: Studio) -> None:
    known = factories.make_speaker("Anna Larsen")
    page = studio.page(viewport={"width": 375, "height": 720})

    speaker_field(page).press_sequentially("Anna Larsen")
    expect(options(page)).to_have_count(2)
    assert_touch_targets(page.get_by_role("listbox"))
    options(page).last.click()
    finish_form(page, studio)

    expect(page).to_have_url(ATTEMPT_URL)
    speaker = CloneAttempt.objects.get().speaker
    assert (speaker.name, speaker == known) == ("Anna Larsen", False)


def test_typed_name_is_asked_about_when_the_field_is_left(studio: Studio) -> None:
    known = factories.make_speaker("Anna Larsen")
    page = studio.page()

    field = speaker_field(page)
    field.press_sequentially("Ana Larsen")
    field.press("Tab")
    question = page.get_by_role("radiogroup", name="Is this the same person?")
    expect(question).to_be_visible()
    expect(page.locator("[data-step=speaker] .step-number")).not_to_have_attribute("data-done", "")
    # Another name is another question.
    field.fill("Bea")
    expect(question).to_be_hidden()
    field.fill("Anna Larsen")
    field.press("Tab")
    question.get_by_label("Yes, it's Anna Larsen").check()
    finish_form(page, studio)

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().speaker == known


def test_answer_is_kept_when_the_field_is_left_again(studio: Studio) -> None:
    factories.make_speaker("Anna Larsen")
    page = studio.page()
    field = speaker_field(page)
    field.fill("anna larsen")
    field.press("Tab")
    expect(page.get_by_role("radiogroup")).to_be_visible()
    finish_form(page, studio)
    answer = page.get_by_label("Yes, it's Anna Larsen")
    expect(page.locator("#id_speaker_error")).to_be_visible()

    answer.check()
    field.focus()
    expect(page.get_by_role("listbox")).to_be_hidden()
    with page.expect_response("**/voice-id/**"):
        page.get_by_label("Voice ID").press_sequentially("x")

    expect(answer).to_be_checked()


@pytest.mark.parametrize(("answer", "speakers"), [("Yes, it's", 1), ("No,", 2)])
def test_known_name_is_asked_about_without_javascript(
    answer: str, speakers: int, studio: Studio
) -> None:
    factories.make_speaker("Anna Larsen")
    page = studio.page(java_script_enabled=False)

    page.get_by_label("Speaker").fill("anna larsen")
    page.get_by_label(PERMISSION).check()
    page.locator("#id_file").set_input_files(studio.wav())
    submit_form(page)
    page.get_by_label(answer).check()
    submit_form(page)

    expect(page).to_have_url(ATTEMPT_URL)
    assert Speaker.objects.count() == speakers


def test_list_that_cannot_be_loaded_leaves_a_text_field(studio: Studio) -> None:
    page = studio.page()
    page.route("**/speakers/options/**", lambda route: route.abort())
    studio.expect_message("net::ERR_FAILED")

    speaker_field(page).press_sequentially("Anna Larsen")
    finish_form(page, studio)

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().speaker.name == "Anna Larsen"
