"""The styleguide: every component in every state, checked by axe-core."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets
from tests.browser.test_accessibility import find_violations
from tests.browser.test_layout import assert_fits_and_is_named
from voicestudio.models import AttemptState, SpeechState, Verdict, VoiceState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_styleguide(studio: Studio) -> Page:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    return studio.page(path="/styleguide/?components", viewport={"width": 1280, "height": 900})


def test_styleguide_shows_its_components_when_the_reader_comes_to_them(studio: Studio) -> None:
    whole = open_styleguide(studio).locator("#components section").count()
    page = studio.page(path="/styleguide/", viewport={"width": 1280, "height": 900})
    rest = page.get_by_role("link", name="Show all")
    expect(rest).to_have_attribute("href", "?components")
    assert page.locator("#components section").count() == 0

    rest.scroll_into_view_if_needed()

    expect(page.locator("#components section")).to_have_count(whole)
    expect(page.locator("[data-example-player=playing] [data-playing]")).to_have_count(1)


def test_styleguide_has_no_violations_and_fits(studio: Studio) -> None:
    page = open_styleguide(studio)
    page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")

    violations = find_violations(page)

    assert violations == [], "\n".join(violations)
    assert_fits_and_is_named(page)  # still at 320 pixels
    assert_touch_targets(page.locator("#main"))


@pytest.mark.parametrize(
    ("place", "states"),
    [
        ("#attempt-badges", AttemptState), ("#voice-badges", VoiceState),
        ("#speech-badges", SpeechState),
    ],
)  # fmt: skip
def test_styleguide_shows_the_badge_of_every_state(
    studio: Studio, place: str, states: type[AttemptState] | type[VoiceState] | type[SpeechState]
) -> None:
    badges = open_styleguide(studio).locator(f"{place} .badge")

    assert [text.strip() for text in badges.all_inner_texts()] == states.labels


def test_styleguide_draws_the_recorder_in_every_stage(studio: Studio) -> None:
    page = open_styleguide(studio)

    stages = page.locator(".recorder").evaluate_all("all => all.map((one) => one.dataset.stage)")
    hidden = page.locator("[data-example-stage=recording] [data-action=stop]").is_hidden()

    assert stages == ["idle", "requesting", "recording", "paused", "recorded", "sending"]
    assert not hidden


def test_styleguide_shows_lists_choices_and_mistakes(studio: Studio) -> None:
    page = open_styleguide(studio)
    combobox = page.locator("[data-example-combobox=open] [role=combobox]")
    expect(combobox).to_have_attribute("aria-expanded", "true")

    assert page.locator(".error-summary li").count() == 4
    assert page.locator("[data-example-combobox]").count() == 5
    assert page.locator("form[role=search]").count() == 2
    assert page.locator("li[id^=recording-] .badge").count() == len(Verdict) + 4 + 3
    assert page.locator("[data-example-controls] [data-playing]").count() == 1
    assert page.evaluate("document.activeElement === document.body")
    counts = {
        ".months > li": 12, ".limit": 3, ".hints li": 3, ".projects > li": 2,
        ".people > li": 4, ".audit > li": 3,
    }  # fmt: skip
    assert {place: page.locator(place).count() for place in counts} == counts


def test_styleguide_shows_the_bar_of_selected_rows_in_both_forms(studio: Studio) -> None:
    page = open_styleguide(studio)
    menu, action = (page.get_by_role("button", name=name) for name in ("Actions", "Export CSV"))
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(action).to_be_visible()
    expect(menu).to_be_hidden()

    page.set_viewport_size({"width": 320, "height": 700})

    expect(menu).to_be_visible()
    expect(action).to_be_hidden()
