"""States that pages come to by an action or by their contents, checked by axe-core."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.template import loader
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve, reverse
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import choose_file, fill_in_form, sign_in, submit_form
from tests.browser.test_accessibility import check_paths, find_violations
from tests.browser.test_languages import MAKE_PATHS
from tests.browser.test_sign_in_end import end_sign_in_after
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, Project, Role
from voicestudio.services import example_team, hold
from voicestudio.services.people import invitations, password_links

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

type State = Callable[[Studio], Page]
SECRET: Final = "JBSWY3DPEHPK3PXP"
ERROR_PAGES: Final = ("400", "403_csrf", "413", "429", "500")


def administrator(studio: Studio) -> User:
    studio.user.is_staff = studio.user.is_superuser = True
    studio.user.save()
    return studio.user


def make_recording(studio: Studio) -> int:
    recording = factories.make_checked_recording("good", by=studio.user, duration_ms=12_000)
    recording.file.save("hum.wav", ContentFile(hum(12)))
    return recording.pk


# Lists --------------------------------------------------------------------------------------------


def open_filters(studio: Studio) -> Page:
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/history/")
    page.get_by_text("Filters", exact=True).click()
    expect(page.locator("#results")).to_be_visible()
    expect(page.get_by_label("Model")).to_be_visible()
    return page


def choose_columns(studio: Studio) -> Page:
    factories.make_recording(by=studio.user)
    page = studio.page(path="/recordings/")
    page.get_by_text("Columns", exact=True).click()
    expect(page.get_by_role("checkbox", name="Size")).to_be_visible()
    return page


def save_filter(studio: Studio) -> Page:
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/history/?q=anna")
    page.get_by_role("button", name="Save filter…").click()
    expect(page.get_by_role("dialog", name="Save this filter")).to_be_visible()
    return page


def change_filter(studio: Studio) -> Page:
    page = save_filter(studio)
    page.get_by_label("Name", exact=True).fill("Annas")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Change filter…").click()
    expect(page.get_by_role("dialog", name="Saved filter")).to_be_visible()
    return page


def select_attempts(studio: Studio) -> Page:
    for state in (AttemptState.READY, AttemptState.FLAGGED, AttemptState.FAILED):
        factories.make_attempt(state, by=studio.user)
    factories.make_project("Second")
    page = studio.page(path="/history/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("button", name="Select all").click()
    return page


def select_recordings(studio: Studio) -> Page:
    make_recording(studio)
    page = studio.page(path="/recordings/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Actions").click()
    expect(page.get_by_role("button", name="Delete…")).to_be_visible()
    return page


def delete_selected(studio: Studio) -> Page:
    page = select_recordings(studio)
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Delete")
    return page


def move_selected(studio: Studio) -> Page:
    administrator(studio)
    page = select_attempts(studio)
    page.get_by_role("button", name="Move…").click()
    expect(page.get_by_label("Move to")).to_be_visible()
    return page


def compare_with_provider(studio: Studio) -> Page:
    administrator(studio)
    page = studio.page(path="/voices/compare/")
    page.locator("main").get_by_role("button").first.click()
    expect(page.locator("main h2").first).to_be_visible()
    return page


# Recordings and attempts --------------------------------------------------------------------------


def ask_before_deletion(studio: Studio) -> Page:
    page = studio.page(path=f"/recordings/{make_recording(studio)}/")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete this recording?")).to_be_visible()
    return page


def cut_with_wrong_times(studio: Studio) -> Page:
    page = studio.page(path=f"/recordings/{make_recording(studio)}/cut/")
    page.get_by_label("Start", exact=True).fill("nine")
    page.get_by_label("Start", exact=True).press("Enter")
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    return page


def record(studio: Studio) -> Page:
    page = studio.page(permissions=["microphone"])
    page.locator("[data-step=recording]").get_by_text("Record here").click()
    recorder = page.get_by_role("group", name="Recorder")
    recorder.get_by_role("button", name="Record", exact=True).click()
    expect(recorder.get_by_role("button", name="Stop")).to_be_visible()
    return page


def choose_speaker(studio: Studio) -> Page:
    for name in ("Anna Larsen", "Ben Silva"):
        factories.make_attempt(speaker=factories.make_speaker(name), by=studio.user)
    page = studio.page(path="/new/")
    page.get_by_role("combobox", name="Speaker").press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    return page


def repeat_form_with_other_content(studio: Studio) -> Page:
    studio.expect_message("409")
    page = studio.page()
    fill_in_form(page)
    choose_file(page, studio.wav())
    submit_form(page)
    expect(page.locator("h1")).not_to_contain_text("Clone a voice")
    page.go_back()
    expect(page.get_by_label("Speaker")).to_be_visible()
    page.get_by_label("Preview text").fill("Something else.")
    submit_form(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("already sent")
    return page


# Studio and people --------------------------------------------------------------------------------


def mistake_an_invitation(studio: Studio) -> Page:
    administrator(studio)
    page = studio.page(path="/people/")
    page.get_by_text("Invite a person").click()
    page.get_by_role("button", name="Make the invitation").click()
    expect(page.locator(".error-summary")).to_be_visible()
    return page


def invite(studio: Studio) -> Page:
    administrator(studio)
    page = studio.page(path="/people/")
    page.get_by_text("Invite a person").click()
    page.get_by_label("Mail address").fill("ben@example.com")
    page.get_by_label("Role", exact=True).select_option("Viewer")
    page.get_by_role("button", name="Make the invitation").click()
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    return page


def mistake_a_project(studio: Studio) -> Page:
    administrator(studio)
    page = studio.page(path="/projects/new/")
    page.locator("main form [type=submit]").first.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    return page


def decide_on_a_hold(studio: Studio) -> Page:
    user = administrator(studio)
    hold.start()
    for _number in range(2):
        factories.make_attempt(
            AttemptState.WAITING, by=user, status="interrupted", trouble="restored"
        )
    page = studio.page(path="/system/hold/")
    expect(page.get_by_role("button", name="Withdraw all")).to_be_visible()
    return page


# Sign-in ------------------------------------------------------------------------------------------


def ask_for_the_second_factor(studio: Studio) -> Page:
    TOTP.activate(studio.user, SECRET)
    page = studio.page(signed_in=False, path="/sign-in/")
    sign_in(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    return page


def show_recovery_codes(studio: Studio) -> Page:
    TOTP.activate(studio.user, SECRET)
    RecoveryCodes.activate(studio.user)
    page = studio.page(path="/account/recovery-codes/")
    page.locator("main").get_by_role("link", name="code").click()
    page.get_by_label("Code").fill(factories.one_time_code(SECRET))
    page.locator("main form [type=submit]").click()
    expect(page.locator(".recovery-codes")).to_be_visible()
    return page


def choose_a_new_password(studio: Studio) -> Page:
    link = password_links.make_link(studio.user)
    return studio.page(
        signed_in=False, path=reverse("account_reset_password_from_key", kwargs=link._asdict())
    )


def accept_an_invitation(studio: Studio) -> Page:
    project = Project.objects.earliest("pk")
    made = invitations.invite(
        "ben@example.com", by=administrator(studio), roles={project.pk: Role.VIEWER}
    )
    return studio.page(signed_in=False, path=f"/invitation/{made.token}/")


def end_of_sign_in(studio: Studio) -> Page:
    page = studio.page(path="/help/")
    end_sign_in_after(timedelta(minutes=4))
    page.goto("/help/")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_visible()
    return page


def sign_in_again(studio: Studio) -> Page:
    page = studio.page(path="/new/")
    fill_in_form(page)
    studio.expire_sessions()
    submit_form(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def fail_a_request(studio: Studio) -> Page:
    studio.expect_message("ERR_CONNECTION_REFUSED")
    studio.expect_message("htmx:")
    voice = factories.make_attempt(by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path=f"/voices/{voice.pk}/")
    page.get_by_label("Text", exact=True).fill("Hello.")
    page.route("**/speak/", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


STATES: Final[tuple[State, ...]] = (
    open_filters, choose_columns, save_filter, change_filter, select_attempts, select_recordings,
    delete_selected, move_selected, compare_with_provider, ask_before_deletion,
    cut_with_wrong_times, record, choose_speaker, repeat_form_with_other_content,
    mistake_an_invitation, invite, mistake_a_project, decide_on_a_hold, ask_for_the_second_factor,
    show_recovery_codes, choose_a_new_password, accept_an_invitation, end_of_sign_in,
    sign_in_again, fail_a_request,
)  # fmt: skip


# Pages that only states come to, those before the sign-in, and the one with a test of its own.
PAGES_OF_STATES: Final = frozenset(
    {
        "sign_in", "account_login", "account_reset_password", "account_reset_password_done",
        "account_reset_password_from_key_done", "mfa_authenticate", "mfa_view_recovery_codes",
        "mfa_list_webauthn",  # another name of mfa_index
        "styleguide",
    }
)  # fmt: skip


def test_every_page_is_checked(studio: Studio) -> None:
    user = administrator(studio)
    example_team.show_team(by=user)
    paths = [path for make_paths in MAKE_PATHS for path in make_paths(user)]
    checked = {resolve(path.partition("?")[0]).url_name for path in paths if "no-such" not in path}
    client = Client()
    client.force_login(user)

    pages = {name for name in find_names() if is_page(client, name)}

    assert pages - checked - PAGES_OF_STATES == set()


def find_names() -> Iterator[str]:
    """The names of all addresses without a part that changes, but those of the admin site."""
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLPattern) and pattern.name and "<" not in str(pattern.pattern):
            yield pattern.name


def is_page(client: Client, name: str) -> bool:
    """Whether a browser shows what a GET request gets there as a page of its own."""
    answer = client.get(reverse(name))
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.status_code == HTTPStatus.OK and is_html and b"<html" in answer.content


@pytest.mark.parametrize("bring_about", STATES, ids=lambda state: state.__name__)
def test_state_has_no_violations(studio: Studio, bring_about: State) -> None:
    page = bring_about(studio)

    violations = find_violations(page)

    assert violations == [], "\n".join(violations)


def test_empty_studio_has_no_violations(studio: Studio) -> None:
    administrator(studio)
    paths = ["/", "/history/", "/voices/", "/recordings/", "/costs/", "/search/"]

    violations = check_paths(studio.page(path="/account/"), paths)

    assert violations == [], "\n".join(violations)


def test_page_without_access_has_no_violations(studio: Studio) -> None:
    studio.expect_message("403 (Forbidden)")
    page = studio.page(path="/account/")

    violations = check_paths(page, ["/system/"])

    assert violations == [], "\n".join(violations)


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_page_has_no_violations(studio: Studio, name: str) -> None:
    studio.expect_message(f"status of {name[:3]} ")
    page = studio.page(path="/help/")
    body = loader.render_to_string(f"{name}.html", {"reason": ""})
    page.route(
        "**/help/?fails",
        lambda route: route.fulfill(
            status=int(name[:3]), content_type="text/html; charset=utf-8", body=body
        ),
    )
    page.goto("/help/?fails")

    violations = find_violations(page)

    assert violations == [], "\n".join(violations)


def test_high_contrast_has_no_violations(studio: Studio) -> None:
    factories.make_attempt(by=studio.user)
    factories.make_attempt(AttemptState.FAILED, by=studio.user)
    voice = factories.make_attempt(AttemptState.FLAGGED, by=studio.user).cloned_voice
    assert voice is not None
    page = studio.page(path="/account/")
    page.get_by_label("Appearance").select_option("contrast")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")

    violations = check_paths(page, ["/", "/new/", "/history/", "/voices/", f"/voices/{voice.pk}/"])

    assert violations == [], "\n".join(violations)
