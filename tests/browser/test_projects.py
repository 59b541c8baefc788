"""Projects: switching between them by keyboard, on a phone, and without JavaScript."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets, tab_to
from tests.factories import make_attempt, make_project
from voicestudio.models import Membership, Project, Role


def test_project_is_switched_and_keeps_the_search(studio: Studio) -> None:
    other = make_project("Northern Lights", colour="teal")
    Membership.objects.create(project=other, person=studio.user, role=Role.MANAGER)
    for project, name in ((Project.first(), "Anna Here"), (other, "Anna There")):
        make_attempt(by=studio.user, project=project, speaker_name=name)
    make_attempt(by=studio.user, project=other, speaker_name="Ben There")
    page = studio.page(path="/history/")
    switcher, rows = page.locator("#switcher"), page.locator(".attempt .name a")
    expect(rows).to_have_count(3)

    page.get_by_label("Search").fill("anna")
    expect(rows).to_have_count(2)
    tab_to(switcher.locator("summary"))
    page.keyboard.press("Enter")
    link = switcher.get_by_role("link", name="Northern Lights")
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
