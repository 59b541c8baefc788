"""A team at work: an invited manager, a reviewer's day, and the project that lists show."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import (
    ATTEMPT_URL,
    bounding_box,
    choose_file,
    fill_in_form,
    sign_in,
    submit_form,
    throttle_uploads,
)
from tests.factories import one_time_code
from tests.practice.recordings import hum
from voicestudio.models import AudioFile, CloneAttempt, Membership, Note, Project, Role, Voice

# Buttons and links of what a reviewer may not do.
FORBIDDEN = re.compile(
    r"\b(clone|new voice|keep|generate|delete|download|upload|rebuild)\b", re.IGNORECASE
)


def invite(page: Page, address: str, project: Project, role: str) -> str:
    """Make an invitation on the page of people; returns its link."""
    page.get_by_text("Invite a person").click()
    page.get_by_label("Mail address").fill(address)
    label = project.name if Project.objects.count() > 1 else "Role"
    page.get_by_label(label, exact=True).select_option(label=role)
    page.get_by_role("button", name="Make the invitation").click()
    return page.locator("#new-link").inner_text()


def test_invited_manager_signs_up_and_clones(studio: Studio, settings: Settings) -> None:
    other = factories.make_project("Northern Lights")
    studio.user = factories.make_user("root", is_staff=True)
    people = studio.page(path="/people/")
    link = invite(people, "dana@example.com", other, "Manager")
    people.close()  # it may still ask for counts, and root has no second factor
    settings.REQUIRE_SECOND_FACTOR = True

    page = studio.page(signed_in=False, path=urlsplit(link).path)
    page.get_by_label("Name", exact=True).fill("Dana Sharp")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("link", name="Set up the app").click()
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    secret = page.locator("form .id").inner_text()
    page.get_by_label("The six digits").fill(one_time_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "dana")
    page.get_by_label("Code from your app").fill(one_time_code(secret))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="New voice").first.click()
    fill_in_form(page)
    choose_file(page, studio.wav())
    submit_form(page)

    expect(page).to_have_url(ATTEMPT_URL)
    expect(page.locator("#attempt .badge").first).to_have_text("Ready")
    attempt = CloneAttempt.objects.get()
    assert (attempt.created_by.username, attempt.project) == ("dana", other)


def test_link_of_an_invitation_works_once(studio: Studio) -> None:
    studio.user = factories.make_user("root", is_staff=True)
    link = invite(studio.page(path="/people/"), "dana@example.com", Project.first(), "Viewer")
    page = studio.page(signed_in=False, path=urlsplit(link).path)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("link", name="My account")).to_be_visible()

    studio.expect_message("410 (Gone)")
    page = studio.page(signed_in=False, path=urlsplit(link).path)

    expect(page.get_by_text("This link no longer works.")).to_be_visible()


def test_reviewer_listens_and_writes_notes_but_changes_nothing(studio: Studio) -> None:
    manager = studio.user
    heard, unheard = (
        factories.make_attempt(by=manager, speaker_name=name, audio=hum(3))
        for name in ("Anna Heard", "Ben Unheard")
    )
    Voice.objects.filter(attempt=heard).update(heard_at=heard.created_at)
    hidden = factories.make_attempt(by=manager, project=factories.make_project("Northern Lights"))
    studio.user = factories.make_user("rita", role=Role.REVIEWER)
    page = studio.page(signed_in=False, path="/sign-in/?next=/voices/")
    sign_in(page, "rita")

    page.get_by_role("link", name="Not yet heard").click()
    expect(page.locator(".rows .name > a:first-child")).to_have_text(["Ben Unheard"])
    page.get_by_role("link", name="Ben Unheard", exact=True).click()
    with page.expect_response(re.compile("/heard/$")) as response:
        page.get_by_role("button", name="Play: preview of Ben Unheard").click()
    assert response.value.status == 204
    page.get_by_label("Your note").fill("Too fast, ask for a slower take.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#dated-notes")).to_contain_text("rita")
    expect(page.locator("#announcer")).to_have_text("Notes: 1")

    assert Note.objects.get().voice == unheard.cloned_voice
    assert not Voice.objects.visible_to(studio.user).unheard().exists()
    recording, voice = unheard.recording_id, unheard.cloned_voice_id
    for path in (
        "/history/", f"/history/{unheard.pk}/", "/voices/", f"/voices/{voice}/", "/recordings/",
        f"/recordings/{recording}/", f"/speakers/{unheard.speaker_id}/",
    ):  # fmt: skip
        page.goto(path)
        page.locator("#dated-notes").evaluate_all("lists => lists.forEach((list) => list.remove())")
        main = page.locator("main")
        for role in ("button", "link"):
            names = main.get_by_role(role).filter(has_text=FORBIDDEN).all_inner_texts()
            assert (path, names) == (path, [])
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    for path, status in (
        (f"/voices/{voice}/keep/", 403),
        (f"/voices/{voice}/delete/", 403),
        (f"/recordings/{recording}/delete/", 403),
        (f"/voices/{hidden.cloned_voice_id}/keep/", 404),
    ):
        headers = {"X-CSRFToken": token, "Referer": studio.url}
        assert (path, page.request.post(path, headers=headers).status) == (path, status)
    assert page.request.get(f"/voices/{hidden.cloned_voice_id}/").status == 404
    assert page.request.get(f"/audio/previews/{unheard.pk}/?download=1").status == 403


@pytest.mark.parametrize(
    ("path", "field", "message"),
    [
        ("/recordings/", "#id_files", ".line .upload-error"),
        ("/new/", "#id_file", ".upload-message"),
    ],
)
def test_upload_after_the_role_has_ended_says_why(
    studio: Studio, path: str, field: str, message: str
) -> None:
    studio.expect_message("403 (Forbidden)")
    page = studio.page(path=path)
    Membership.objects.filter(person=studio.user).update(role=Role.VIEWER)

    page.locator(field).set_input_files(studio.wav())

    expect(page.locator(message).first).to_contain_text("You can't add or change recordings")
    assert AudioFile.objects.count() == 0


def test_project_in_use_is_remembered_and_named_in_the_address(studio: Studio) -> None:
    first, other = Project.first(), factories.make_project("Northern Lights")
    colleague = factories.make_user("ben")
    for person in (studio.user, colleague):
        Membership.objects.create(project=other, person=person, role=Role.MANAGER)
    for project, name in ((first, "Anna Here"), (other, "Anna There")):
        factories.make_attempt(by=studio.user, project=project, speaker_name=name)
    page = studio.page(path="/history/")
    names = page.locator(".rows .name > a:first-child")

    switch_project(page, "Northern Lights")
    expect(names).to_have_text(["Anna There"])
    shared = page.url
    page = studio.page(path="/history/")  # the next visit
    expect(page.locator(".rows .name > a:first-child")).to_have_text(["Anna There"])
    for path in ("/voices/", "/recordings/"):
        page.goto(path)
        expect(page.locator("ol.rows > li")).to_have_count(1)
    switch_project(page, "All projects")
    expect(page.locator("ol.rows > li")).to_have_count(2)

    assert in_use(colleague) is None
    studio.user = colleague
    page = studio.page(path=shared.removeprefix(studio.url))
    expect(page.locator(".rows .name > a:first-child")).to_have_text(["Anna There"])
    expect(page.locator("#switcher summary")).to_contain_text("Northern Lights")


def test_upload_goes_on_in_the_project_that_is_chosen_meanwhile(studio: Studio) -> None:
    other = factories.make_project("Northern Lights")
    Membership.objects.create(project=other, person=studio.user, role=Role.MANAGER)
    page = studio.page()
    throttle_uploads(page, 200_000)
    page.locator("#id_file").set_input_files(studio.wav("long.wav", seconds=120))
    meter = page.locator(".meter").first
    expect(meter.locator(".figure")).to_have_text(re.compile(r"^[1-9]\d? %"))

    page.get_by_label("Project").select_option(label="Northern Lights")

    expect(page.locator("#id_project option:checked")).to_have_text("Northern Lights")
    expect(meter.locator(".name")).to_have_text("long.wav")
    throttle_uploads(page, -1)
    expect(page.locator("#recording .recording")).to_be_visible()
    assert [each.project for each in AudioFile.objects.all()] == [other]


def switch_project(page: Page, name: str) -> None:
    page.locator("#switcher summary").click()
    page.locator("#switcher").get_by_role("link", name=name).click()
    expect(page.locator("#switcher summary")).to_contain_text(name)


def in_use(user: User) -> int | None:
    person = getattr(User.objects.get(pk=user.pk), "person", None)
    return person.project_id if person else None


@pytest.mark.parametrize("width", [1280, 375])
def test_address_of_a_person_stands_above_its_form(studio: Studio, width: int) -> None:
    studio.user = factories.make_user("root", is_staff=True, email="root@example.com")
    page = studio.page(path=f"/people/{studio.user.pk}/", viewport={"width": width, "height": 900})

    closed = bounding_box(page.get_by_text("root@example.com", exact=True))
    page.get_by_text("Set the address").click()
    address = bounding_box(page.get_by_text("root@example.com", exact=True))
    form = bounding_box(page.get_by_label("New address"))

    assert max(closed["height"], address["height"]) < 30  # in one line
    assert form["y"] > address["y"] + address["height"]
