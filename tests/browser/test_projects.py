"""Projects: switching between them by keyboard, on a phone, and without JavaScript."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets, choose_file, tab_to
from tests.factories import make_attempt, make_project, make_speaker, make_user
from voicestudio.models import AudioFile, Membership, Project, Role


def test_project_is_switched_and_keeps_the_search(studio: Studio) -> None:
    other = make_project("Northern Lights", colour="teal")
    Membership.objects.create(project=other, person=studio.user, role=Role.MANAGER)
    for project, name in ((Project.first(), "Anna Here"), (other, "Anna There")):
        make_attempt(by=studio.user, project=project, speaker_name=name)
    make_attempt(by=studio.user, project=other, speaker_name="Ben There")
    page = studio.page(path="/history/")
    switcher, rows = page.locator("#switcher"), page.locator(".rows .name > a:first-child")
    expect(rows).to_have_count(3)

    page.get_by_role("searchbox", name="Search").fill("anna")
    expect(rows).to_have_count(2)
    tab_to(switcher.locator("summary"))
    page.keyboard.press("Enter")
    link = switcher.get_by_role("link", name="Northern Lights")
    tab_to(link)
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(switcher.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(link)
    page.keyboard.press("Enter")

    expect(rows).to_have_text(["Anna There"])
    expect(page).to_have_url(re.compile(rf"\?q=anna&.*project={other.pk}$"))
    expect(switcher.locator("summary")).to_contain_text("Northern Lights")
    page.goto("/voices/")
    expect(rows).to_have_text(["Ben There", "Anna There"])

    phone = studio.page(
        path="/recordings/", java_script_enabled=False, viewport={"width": 375, "height": 700}
    )
    switcher = phone.locator("#switcher")
    switcher.locator("summary").click()
    assert_touch_targets(switcher.locator("ul"))
    assert phone.evaluate("document.documentElement.scrollWidth") == 375
    switcher.get_by_role("link", name="All projects").click()
    expect(phone.locator("ol.rows > li")).to_have_count(3)


def test_form_works_in_the_project_that_is_chosen(studio: Studio) -> None:
    other = make_project("Northern Lights")
    Membership.objects.create(project=other, person=studio.user, role=Role.MANAGER)
    make_speaker("Anna Here", by=studio.user)
    make_speaker("Anna There", by=studio.user, project=other)
    page = studio.page()
    project, options = (
        page.get_by_label("Project"),
        page.locator("#id_speaker_options [role=option]"),
    )
    expect(project).to_have_value(str(Project.first().pk))

    page.get_by_label("Speaker", exact=True).fill("Anna")
    expect(options.first).to_contain_text("Anna Here")
    project.focus()
    project.select_option(label="Northern Lights")
    expect(options).to_have_count(0)  # the form of the chosen project came

    expect(page.locator("#id_project option:checked")).to_have_text("Northern Lights")
    expect(page.get_by_label("Speaker", exact=True)).to_have_value("Anna")
    expect(project).to_be_focused()
    page.get_by_label("Speaker", exact=True).press_sequentially(" ")
    expect(options.first).to_contain_text("Anna There")
    choose_file(page, studio.wav())
    expect(page.locator("#recording .recording")).to_be_visible()
    assert AudioFile.objects.get().project == other


def test_project_is_found_by_letters_of_other_keyboards(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save()
    for name in ("Łódź", "Søndag", "Straße", "Þór", "Œuvre"):
        make_project(name)
    page = studio.page(path=f"/people/{make_user('lea').pk}/")
    names, options = page.get_by_label("Add to a project"), page.get_by_role("option")

    typed = {"lodz": "Łódź", "son": "Søndag", "ss": "Straße", "thor": "Þór", "oeu": "Œuvre"}
    for words, found in typed.items():
        names.fill(words)
        expect(options.filter(visible=True)).to_have_text([found])


def test_person_is_added_to_two_of_many_projects(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save()
    projects = [make_project(name) for name in ("Åland", "Bergen", "Cádiz", "Dover", "Essen")]
    lea = make_user("lea", project=projects[0], role=Role.VIEWER)
    page = studio.page(path=f"/people/{lea.pk}/")
    names, options = page.get_by_label("Add to a project"), page.get_by_role("option")

    names.press_sequentially("cadi")
    expect(options.filter(visible=True)).to_have_text(["Cádiz"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(names).to_have_value("Cádiz")
    page.get_by_role("button", name="Another project").click()
    expect(names).to_have_count(2)
    expect(names.nth(1)).to_be_focused()
    names.nth(1).press_sequentially("do")
    page.locator("#person-new_1_options").get_by_text("Dover").click()
    page.locator("#person-new_1_role").select_option("manager")
    page.get_by_role("button", name="Save roles").click()

    expect(page.locator(".role-list label")).to_have_text(["Cádiz", "Dover", "Åland"])
    roles = dict(lea.memberships.values_list("project__name", "role"))
    assert roles == {"Åland": "viewer", "Cádiz": "viewer", "Dover": "manager"}

    plain = studio.page(path=f"/people/{lea.pk}/", java_script_enabled=False)
    plain.get_by_label("Add to a project").fill("essen")
    plain.get_by_role("button", name="Another project").click()
    names = plain.get_by_label("Add to a project")
    expect(names).to_have_count(2)
    names.nth(1).fill("bergen")
    plain.keyboard.press("Enter")
    expect(plain.locator(".role-list label")).to_have_count(5)
