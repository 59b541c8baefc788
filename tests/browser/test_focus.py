"""The keyboard goes on from where it was when htmx swaps a part of a page."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django.fixtures import Settings

from tests import factories
from tests.browser.conftest import Studio
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import notes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def monthly_limit(settings: Settings) -> None:
    settings.MONTHLY_LIMIT = Decimal(100)


# Opens a page and causes a swap; returns what has to have the focus then.
type Swap = Callable[[Studio], Locator]


def wait_for_swap(page: Page, act: Callable[[], object]) -> None:
    """Act, and wait until the answer is swapped in and the focus is given back."""
    page.evaluate(
        """() => {
          window.isSwapped = false;
          document.addEventListener("htmx:afterSettle", () => setTimeout(
            () => setTimeout(() => { window.isSwapped = true; })
          ), { once: true });
        }"""
    )
    act()
    page.wait_for_function("() => window.isSwapped")


def press(target: Locator) -> None:
    """Press a control, and wait for the swap."""
    wait_for_swap(target.page, lambda: target.press("Enter"))
    target.page.wait_for_function("() => !document.querySelector('form.htmx-request')")


def make_administrator(studio: Studio) -> None:
    studio.user.is_staff = studio.user.is_superuser = True
    studio.user.save()


# What a person does -------------------------------------------------------------------------------


def open_filters(studio: Studio) -> Locator:
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/history/")
    summary = page.locator("summary", has_text="Filters")
    press(summary)
    return summary


def add_note(studio: Studio) -> Locator:
    attempt = factories.make_attempt(by=studio.user)
    page = studio.page(path=f"/history/{attempt.pk}/")
    page.locator("#dated-notes textarea").fill("Too fast.")
    press(page.get_by_role("button", name="Add note"))
    return page.get_by_role("button", name="Add note")


def add_empty_note(studio: Studio) -> Locator:
    attempt = factories.make_attempt(by=studio.user)
    page = studio.page(path=f"/history/{attempt.pk}/")
    press(page.get_by_role("button", name="Add note"))
    return page.get_by_role("button", name="Add note")


def delete_note(studio: Studio) -> Locator:
    attempt = factories.make_attempt(by=studio.user)
    notes.add_note(attempt, "Too fast.", by=studio.user)
    page = studio.page(path=f"/history/{attempt.pk}/")
    press(page.get_by_role("button", name="Delete Too fast."))
    return page.get_by_role("button", name="Undo")


def undo_the_deletion_of_a_note(studio: Studio) -> Locator:
    undo = delete_note(studio)
    press(undo)
    return undo.page.locator("#main")


def check_again(studio: Studio) -> Locator:
    recording = factories.make_recording(by=studio.user, content=hum(12))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    press(page.get_by_role("button", name="Check again"))
    return page.locator("#main")


def check_again_in_the_form(studio: Studio) -> Locator:
    recording = factories.make_recording(by=studio.user, content=hum(12))
    page = studio.page(path=f"/new/?recording={recording.pk}")
    press(page.get_by_role("button", name="Check again"))
    return page.locator("#main")


def mistake_a_cut(studio: Studio) -> Locator:
    recording = factories.make_recording(by=studio.user, content=hum(12))
    page = studio.page(path=f"/recordings/{recording.pk}/cut/")
    field = page.get_by_label("Start", exact=True)
    field.fill("nine")
    press(field)
    return field


def choose_column(studio: Studio) -> Locator:
    factories.make_recording(by=studio.user)
    page = studio.page(path="/recordings/")
    page.get_by_text("Columns", exact=True).press("Enter")
    box = page.get_by_role("checkbox", name="Size")
    with page.expect_response("**/columns/"):
        box.press("Space")
    return box


def use_example_recording(studio: Studio) -> Locator:
    page = studio.page()
    press(page.get_by_role("button", name="Use an example recording"))
    return page.locator("summary", has_text="Change: Recording")


def choose_earlier_recording(studio: Studio) -> Locator:
    factories.make_recording(by=studio.user, name="take.wav", content=hum(12))
    page = studio.page()
    press(page.locator("summary", has_text="Choose an earlier recording").first)
    press(page.get_by_role("button", name="take.wav"))
    return page.locator("summary", has_text="Change: Recording")


def use_wrong_file_id(studio: Studio) -> Locator:
    page = studio.page()
    page.locator("summary", has_text="Use a MiniMax file ID").press("Enter")
    page.get_by_label("File ID").fill("nothing")
    button = page.get_by_role("button", name="Use this file")
    press(button)
    return button


def raise_limit(studio: Studio) -> Locator:
    make_administrator(studio)
    page = studio.page(path="/costs/")
    page.locator("summary", has_text="Raise the limit").press("Enter")
    page.get_by_label("How much more").fill("5")
    press(page.get_by_role("button", name="Raise for this month"))
    return page.locator("summary", has_text="Raise the limit")


def raise_limit_by_nothing(studio: Studio) -> Locator:
    make_administrator(studio)
    page = studio.page(path="/costs/")
    page.locator("summary", has_text="Raise the limit").press("Enter")
    press(page.get_by_role("button", name="Raise for this month"))
    return page.locator(".error-summary")


def compare_with_provider(studio: Studio) -> Locator:
    make_administrator(studio)
    page = studio.page(path="/voices/compare/")
    press(page.get_by_role("button", name="Compare now"))
    return page.locator("#result")


def save_notes_of_voice(studio: Studio) -> Locator:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path=f"/voices/{voice.pk}/")
    fold = page.locator("summary", has_text="notes and tags")
    fold.press("Enter")
    press(page.get_by_role("button", name="Save", exact=True))
    return fold


def generate_speech(studio: Studio) -> Locator:
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path=f"/voices/{voice.pk}/")
    page.get_by_label("Text", exact=True).fill("Good morning.")
    button = page.get_by_role("button", name="Generate")
    held: list[Route] = []
    page.route("**/speak/", lambda route: held.append(route))
    with page.expect_request("**/speak/"):
        button.press("Enter")
    # Something else is swapped while the button waits for its answer.
    wait_for_swap(
        page, lambda: page.evaluate("document.body.dispatchEvent(new Event('voice-changed'))")
    )
    wait_for_swap(page, lambda: held[0].continue_())
    return button


def add_project_of_a_person(studio: Studio) -> Locator:
    make_administrator(studio)
    for number in range(5):
        factories.make_project(f"Project {number}")
    person = factories.make_user("lea", role=None)
    page = studio.page(path=f"/people/{person.pk}/")
    press(page.get_by_role("button", name="Another project"))
    return page.locator("[name=new_1]")


def settle_attempt(studio: Studio) -> Locator:
    attempt = factories.make_attempt(AttemptState.UNKNOWN, by=studio.user)
    page = studio.page(path=f"/history/{attempt.pk}/")
    page.locator("summary", has_text="I know what happened").press("Enter")
    page.get_by_label("How you know").fill("It is in the list.")
    press(page.get_by_role("button", name="It didn't work"))
    return page.locator("#main")


# By the address that each sends its request to.
SWAPS: Final[dict[str, tuple[Swap, ...]]] = {
    "bar.fields_url": (open_filters,),
    "address": (add_note, add_empty_note),
    "delete_note": (delete_note,),
    "undo.address": (undo_the_deletion_of_a_note,),
    "choose_columns": (choose_column,),
    "check_recording": (check_again,),
    "clone_form:check": (check_again_in_the_form,),
    "cut_recording": (mistake_a_cut,),
    "clone_form:use_example": (use_example_recording,),
    "choose_recording": (choose_earlier_recording,),
    "recording": (choose_earlier_recording,),
    "clone_form:use_file_id": (use_wrong_file_id,),
    "allow_more": (raise_limit, raise_limit_by_nothing),
    "compare": (compare_with_provider,),
    "voice_notes": (save_notes_of_voice,),
    "speak": (generate_speech,),
    "settle_attempt": (settle_attempt,),
    "url": (add_project_of_a_person,),
}
# Those of other tests, which look at the focus too: clone form, filters, search, palette, sign-in
# that ends, tree of a speaker, voices that are deleted or imported.
OF_OTHER_TESTS: Final = frozenset(
    {
        "bar.url", "clone_form:refresh", "delete_voice", "extend_sign_in", "import_voice", "new",
        "pin_attempt", "search", "settle_speech", "speech_price", "voice_id",
    }
)  # fmt: skip
# Of elements that send a request without a person.
OF_THE_PAGE: Final = re.compile(r'hx-trigger="(?:load|every|revealed|voice-changed)')


def find_addresses() -> set[str]:
    """What the requests of htmx go to that a person causes: names of addresses or variables."""
    tags = (
        tag
        for file in (settings.BASE_DIR / "templates").rglob("*.html")
        for tag in re.findall(r"<\w[^<]*?hx-(?:get|post)=[^<]*>", file.read_text())
        if not OF_THE_PAGE.search(tag)
    )
    found = [re.search(r"""hx-(?:get|post)="\{[{%] (?:url ')?([\w.:]+)""", tag) for tag in tags]
    return {match[1] for match in found if match}


def test_every_swap_that_a_person_causes_is_tested() -> None:
    assert find_addresses() == {*SWAPS} | OF_OTHER_TESTS


@pytest.mark.parametrize(
    "swap",
    dict.fromkeys(swap for swaps in SWAPS.values() for swap in swaps),
    ids=lambda swap: swap.__name__,
)
def test_focus_stays_where_a_person_works(studio: Studio, swap: Swap) -> None:
    control = swap(studio)

    expect(control).to_be_focused()


def test_focus_goes_to_the_page_when_a_speech_is_settled(studio: Studio, standin: StandIn) -> None:
    standin.script("t2a_v2", Fault(action="drop"))
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path=f"/voices/{voice.pk}/")
    page.get_by_label("Text", exact=True).fill("Good morning.")
    page.get_by_role("button", name="Generate").click()
    page.get_by_label("How you know").fill("It is not in the list.")

    press(page.get_by_role("button", name="It didn't work"))

    expect(page.locator("#main")).to_be_focused()


def fail_attempts() -> None:
    CloneAttempt.objects.filter(speaker_name="Anna").update(status=AttemptState.FAILED)


@pytest.mark.parametrize(
    ("path", "role", "name"),
    [
        ("/history/", "checkbox", "Select Anna"),
        ("/history/", "link", "Anna"),
        ("/", "link", "Anna"),
        ("/speakers/{speaker}/", "link", "Attempt {attempt}"),
        ("/history/{attempt}/", "link", "History"),
        ("/new/", "link", "Anna"),
    ],
)
def test_focus_stays_on_a_control_whose_surroundings_change(
    studio: Studio, path: str, role: Literal["checkbox", "link"], name: str
) -> None:
    attempt, _other = (
        factories.make_attempt(
            AttemptState.CLONING, by=studio.user, speaker_name=name, created_at=timezone.now()
        )
        for name in ("Anna", "Bert")
    )
    found = {"speaker": attempt.speaker_id, "attempt": attempt.pk, "project": attempt.project.name}
    page = studio.page(path=path.format(**found))
    control = page.locator("main").get_by_role(role, name=name.format(**found), exact=True).last
    control.focus()

    wait_for_swap(page, fail_attempts)

    expect(control).to_be_focused()
