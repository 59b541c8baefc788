"""Every page and state, checked by axe-core: in each scheme, at 1280 and at 320 pixels."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import SMALL_TARGETS
from tests.practice.recordings import hum
from voicestudio.models import (
    AttemptState,
    CloneAttempt,
    Origin,
    Project,
    Speech,
    Verb,
    Voice,
    VoiceState,
    Worker,
)
from voicestudio.services import audit, example_team

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# All rules, also best practices, and the size of targets, which axe leaves out unless it is asked.
ALL_RULES: Final = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Of all rules, only this one depends on the colour scheme.
CONTRAST: Final = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
OPEN_ALL: Final = "folds => folds.forEach((fold) => { fold.open = true; })"
WIDTHS: Final = (1280, 320)
SCHEMES: Final = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
# Injected once for each page: Axe.run() would do it for each width and scheme again.
AXE: Final = Axe().axe_script


def find_violations(page: Page) -> list[str]:
    """What axe reports, headings and titles that do not say where one is, what fits no phone."""
    found = []
    page.evaluate(AXE)
    headings = page.locator("h1:visible").count()
    if headings != 1:
        found.append(f"{headings} headings of the first level")
    if not re.fullmatch(r"\s*\S.* · Voice Studio", page.title()):
        found.append(f"title: {page.title()}")
    for scheme, rules in (("light", ALL_RULES), ("dark", CONTRAST), ("forced", CONTRAST)):
        page.emulate_media(**SCHEMES[scheme])  # type: ignore[arg-type]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{scheme} {width}: {line}" for line in run_axe(page, rules)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways on a phone")
    small = page.locator("body").evaluate(SMALL_TARGETS)
    return [*found, *(f"less than 44 pixels: {target}" for target in small)]


def run_axe(page: Page, options: dict[str, Any]) -> list[str]:
    """One line for each element that breaks a rule."""
    results = page.evaluate("options => axe.run(options)", options)
    return [
        f"{violation['id']}: {node['target'][0]} {node['html'][:160]}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def check_paths(page: Page, paths: list[str]) -> list[str]:
    """The violations of these pages, with all their folds open."""
    found = []
    for path in paths:
        page.goto(path)
        page.locator("main details:not(.switcher > *)").evaluate_all(OPEN_ALL)
        found += [f"{path} {violation}" for violation in find_violations(page)]
    return found


def make_paths_of_calls(user: User) -> list[str]:
    """History, voices, speakers and speeches, one of each state."""
    previous = None
    for state in AttemptState:
        previous = factories.make_attempt(state, by=user, parent=previous)
    attempts = {attempt.state: attempt for attempt in CloneAttempt.objects.all()}
    voices = {voice.state: voice for voice in Voice.objects.all()}
    speeches = {speech.state: speech for speech in Speech.objects.all()}
    flagged = CloneAttempt.objects.filter(input_sensitive=True).latest("pk")
    return [
        "/history/?project=all", "/history/?q=nothing-like-this", "/voices/?project=all",
        "/voices/?q=nothing-like-this", "/voices/compare/", f"/speakers/{flagged.speaker_id}/",
        f"/history/{flagged.pk}/",
        *(f"/history/{attempt.pk}/" for attempt in attempts.values()),
        *(f"/voices/{voice.pk}/" for voice in voices.values()),
        *(f"/speeches/{speech.pk}/" for speech in speeches.values()),
        f"/voices/{voices[VoiceState.TEMPORARY].pk}/delete/",
    ]  # fmt: skip


def make_paths_of_recordings(user: User) -> list[str]:
    """Recordings, what is made of them, and the clone form."""
    findings = [factories.make_finding(code) for code in ("clipped", "noisy", "hum")]
    passages = {"prompt": {"start_ms": 40_000, "end_ms": 46_500, "reasons": ["in_pauses"]}}
    recording = factories.make_checked_recording(
        "disappointing", *findings, by=user, duration_ms=60_000, passages=passages
    )
    recording.file.save("hum.wav", ContentFile(hum(60)))
    factories.make_checked_recording("good", by=user, parent=recording, origin=Origin.CLEANED)
    detail = f"/recordings/{recording.pk}/"
    return [
        "/", "/new/", f"/new/?recording={recording.pk}", "/recordings/?project=all",
        "/recordings/?q=nothing-like-this", detail, f"{detail}clean-copy/",
        f"{detail}cut/?suggest=prompt",
    ]  # fmt: skip


def make_paths_of_the_studio(user: User) -> list[str]:
    """Costs, projects, people, administration and the account."""
    audit.record(Verb.SETTING_CHANGED, name="ALLOWED_HOSTS", before="", after="studio.example")
    audit.seal_entries()
    now = timezone.now()
    Worker.objects.create(host="studio-1", pid=9, started_at=now, beat_at=now)
    project = Project.objects.examples().earliest("pk")
    return [
        "/costs/?project=all", "/projects/", "/projects/new/", f"/projects/{project.pk}/",
        "/people/", "/people/?state=deactivated&q=nothing-like-this", "/people/?state=invited",
        "/projects/?state=archived", "/projects/?q=nothing-like-this", f"/people/{user.pk}/",
        "/audit/", "/audit/?q=nothing-like-this", "/audit/?topic=money&since=2026-01-01",
        "/system/",
        "/system/hold/",
        "/system/retention/", "/system/retention/recordings/", "/search/?q=a",
        "/search/?q=nothing-like-this", "/account/", "/account/confirm/",
        "/account/password/", "/account/sessions/", "/account/second-factor/",
        "/account/second-factor/app/", "/account/passkeys/add/", "/help/", "/help/?q=voice",
        "/help/?q=nothing-like-this", "/no-such-page/",
    ]  # fmt: skip


def list_paths_before_sign_in() -> list[str]:
    """Sign-in, forgotten password, and links that are gone."""
    return [
        "/sign-in/", "/forgot-password/", "/forgot-password/sent/", "/invitation/unknown/",
        reverse("account_reset_password_from_key_done"),
        reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "old"}),
    ]  # fmt: skip


def test_pages_have_no_violations(studio: Studio) -> None:
    studio.user.is_staff = studio.user.is_superuser = True
    studio.user.save()
    example_team.show_team(by=studio.user)
    studio.expect_message("404 (Not Found)")
    paths = [
        path
        for make_paths in (make_paths_of_calls, make_paths_of_recordings, make_paths_of_the_studio)
        for path in make_paths(studio.user)
    ]

    violations = check_paths(studio.page(path="/account/"), paths)

    assert violations == [], "\n".join(violations)


def test_pages_before_sign_in_have_no_violations(studio: Studio) -> None:
    studio.expect_message("410 (Gone)")
    studio.expect_message("404 (Not Found)")

    page = studio.page(signed_in=False, path="/sign-in/")

    violations = check_paths(page, list_paths_before_sign_in())

    assert violations == [], "\n".join(violations)


def send_empty_clone_form(page: Page) -> None:
    page.goto("/new/")
    page.get_by_role("button", name="Clone voice").click()
    expect(page.locator(".error-summary")).to_be_visible()


def send_wrong_sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_shortcuts(page: Page) -> None:
    page.goto("/history/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def search_everywhere(page: Page) -> None:
    page.goto("/history/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()


def search_everywhere_for_nothing(page: Page) -> None:
    search_everywhere(page)
    page.keyboard.type("nothing-like-this")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Nothing was found.")
    expect(page.get_by_role("combobox", name="Search")).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize(
    ("bring_about", "signed_in"),
    [
        (send_empty_clone_form, True), (send_wrong_sign_in, False), (open_shortcuts, True),
        (search_everywhere, True), (search_everywhere_for_nothing, True),
    ],
)  # fmt: skip
def test_states_after_an_action_have_no_violations(
    studio: Studio, bring_about: Callable[[Page], None], signed_in: bool
) -> None:
    page = studio.page(signed_in=signed_in, path="/sign-in/")
    bring_about(page)

    assert find_violations(page) == []
