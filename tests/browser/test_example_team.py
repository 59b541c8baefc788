"""The example team: shown, looked at as a reviewer, and removed."""

from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets
from voicestudio.models import CloneAttempt, Project


def test_newcomer_sees_what_a_reviewer_may_do(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save()
    page = studio.page(path="/people/")
    new_voice = page.get_by_role("navigation").get_by_role("link", name="New voice")
    banner = page.get_by_text("You're looking at the studio as")

    page.get_by_role("button", name="Show me a team").click()
    expect(page.get_by_text("The example team is here.")).to_be_visible()
    expect(new_voice).to_be_visible()
    page.get_by_role("button", name="Look as Rosa").click()

    expect(page.get_by_role("heading", name="What needs you now")).to_be_visible()
    page.goto("/history/")
    expect(banner).to_have_text("You're looking at the studio as Rosa, Reviewer.")
    expect(page.locator(".attempt")).to_have_count(7)
    expect(new_voice).to_have_count(0)
    voice = CloneAttempt.objects.filter(input_sensitive=True).get().cloned_voice
    assert voice is not None
    page.goto(f"/voices/{voice.pk}/")
    expect(page.get_by_label("Your note")).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_have_count(0)
    expect(page.get_by_role("button", name="Generate speech")).to_have_count(0)
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert_touch_targets(page.locator(".look"))

    page.get_by_role("button", name="Go back").click()
    expect(page.get_by_text("You are yourself again.")).to_be_visible()
    expect(banner).to_have_count(0)
    assert_touch_targets(page.locator("#example-team"))
    page.get_by_role("button", name="Remove the example team").click()
    page.get_by_role("button", name="Yes, remove").click()

    expect(page.get_by_role("button", name="Show me a team")).to_be_visible()
    assert not Project.objects.examples().exists()
