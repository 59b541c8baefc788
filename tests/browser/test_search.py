"""Search and filters of lists in a browser: results are announced, and the focus stays."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Studio
from voicestudio.models import Verb
from voicestudio.practice.server import StandIn
from voicestudio.practice.store import ClonedVoice
from voicestudio.services import audit

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


def test_filters_are_fetched_when_they_are_opened(studio: Studio) -> None:
    for name, voice_id in (("Anna Larsen", "Anna-7k2p"), ("Omar Haddad", "Omar-7k2p")):
        factories.make_attempt(by=studio.user, speaker_name=name, voice_id=voice_id)
    page = studio.page(path="/voices/?q=an")

    expect(page.get_by_label("State")).to_have_count(0)
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Order").focus()
    page.get_by_label("Order").select_option("Speaker's name")

    expect(page).to_have_url(re.compile(r"/voices/\?q=an&.*order=speaker"))
    expect(page.locator("#results .rows > li")).to_have_count(1)
    expect(page.get_by_label("Order")).to_be_focused()


def test_filters_without_javascript_have_a_page(studio: Studio) -> None:
    factories.make_attempt(by=studio.user, speaker_name="Anna Larsen")
    page = studio.page(path="/voices/", java_script_enabled=False)

    page.locator("summary", has_text="Filters").click()
    page.get_by_role("link", name="Choose filters").click()
    page.get_by_label("State").select_option("Kept")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    expect(page.get_by_label("State")).to_have_value("kept")


@pytest.mark.parametrize(
    ("path", "rows", "count", "announcement"),
    [
        ("/people/", ".people > li", 1, "People: 1, Open invitations: 0, zoe"),
        ("/projects/", ".projects > li", 1, "Projects: 1, zoe"),
        # The person, the project and the recording.
        ("/search/", "#results li", 3, "Results: 3, zoe"),
    ],
)
def test_search_of_other_pages_acts_at_once(
    studio: Studio, path: str, rows: str, count: int, announcement: str
) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    factories.make_user("zoe")
    factories.make_project("Zoe")
    factories.make_recording(by=studio.user, name="zoe.wav")
    page = studio.page(path=path)

    search = page.get_by_role("searchbox")
    search.fill("zoe")

    expect(page.locator("#announcer")).to_have_text(announcement)
    expect(search).to_be_focused()
    expect(page.locator(rows)).to_have_count(count)
    expect(page).to_have_url(re.compile(rf"{path}\?q=zoe$"))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("zoe")


def test_people_are_searched_without_javascript(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    factories.make_user("zoe")
    page = studio.page(path="/people/", java_script_enabled=False)

    page.get_by_role("searchbox").fill("zoe")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.locator(".people > li")).to_have_count(1)


def test_filters_of_the_audit_trail_act_at_once(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    for verb in (Verb.NOTES_CHANGED, Verb.DOWNLOADED):
        audit.record(verb, by=studio.user)
    page = studio.page(path="/audit/")
    search = page.get_by_role("searchbox")

    search.fill("downloaded")
    expect(page.locator(".audit > li")).to_have_count(1)
    expect(page.locator("#announcer")).to_have_text("Entries: 1, downloaded")
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"/audit/\?q=downloaded$"))
    search.fill("")
    expect(page.locator(".audit > li").nth(1)).to_be_visible()
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("What happened").select_option(Verb.DOWNLOADED.value)

    expect(page.locator(".audit > li")).to_have_count(1)
    expect(page).to_have_url(re.compile(rf"/audit/\?verb={Verb.DOWNLOADED.value}$"))
    expect(page.get_by_role("link", name="These entries as CSV")).to_have_attribute(
        "href", f"?verb={Verb.DOWNLOADED.value}&format=csv"
    )


def test_phone_keeps_the_main_buttons_of_people_and_projects(studio: Studio) -> None:
    """Only "New voice" is hidden there, which the bar at the bottom has."""
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    page = studio.page(path="/projects/", viewport={"width": 375, "height": 740})
    expect(page.get_by_role("link", name="New project")).to_be_visible()

    page.goto("/people/")
    page.locator("summary", has_text="Invite a person").click()

    expect(page.get_by_role("button", name="Make the invitation")).to_be_visible()


def test_comparison_is_searched_while_a_person_types(studio: Studio, standin: StandIn) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    for number in range(60):
        voice_id = f"Stranger-{number:04d}"
        standin.voices[voice_id] = ClonedVoice(voice_id, 1, None, 0, used_at=1)
    page = studio.page(path="/voices/compare/")
    page.get_by_role("button", name="Compare now").click()
    search = page.get_by_role("searchbox")

    search.press_sequentially("-0042")

    expect(page.locator("#found .import-row")).to_have_count(1)
    expect(page.locator("#announcer")).to_have_text("Only at MiniMax: 1, -0042")
    expect(search).to_be_focused()
    expect(search).to_have_value("-0042")
