"""Signing in through an OpenID provider in a browser, on loopback."""

import re

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.conftest import Studio
from tests.openid_provider import OpenIDProvider


def sign_in_there(page: Page, subject: str) -> None:
    """Fill in the form of the provider."""
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def know_anna(studio: Studio, openid: OpenIDProvider) -> None:
    User.objects.filter(pk=studio.user.pk).update(email="anna@example.com")
    openid.add_person("anna-7", email="Anna@example.com", email_verified=True)


def test_button_leads_to_the_provider_and_back(studio: Studio, openid: OpenIDProvider) -> None:
    know_anna(studio, openid)
    page = studio.page(signed_in=False, path="/voices/?state=ready")

    page.get_by_role("button", name="Sign in with Acme").click()
    sign_in_there(page, "anna-7")

    expect(page).to_have_url(re.compile(r"/voices/\?state=ready$"))
    expect(page.locator(".account b")).to_have_text("anna")


def test_button_works_without_scripts(studio: Studio, openid: OpenIDProvider) -> None:
    know_anna(studio, openid)
    page = studio.page(signed_in=False, java_script_enabled=False)

    page.get_by_role("button", name="Sign in with Acme").click()
    sign_in_there(page, "anna-7")

    expect(page.locator(".account b")).to_have_text("anna")


def test_dialog_of_an_open_page_ends_after_a_sign_in_in_a_new_tab(
    studio: Studio, openid: OpenIDProvider
) -> None:
    know_anna(studio, openid)
    page = studio.page()
    page.get_by_label("Speaker").fill("Anna Larsen")
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    studio.expire_sessions()
    page.get_by_label("Voice ID").fill("Another-voice-id1")
    with page.expect_popup() as opened:
        page.get_by_role("dialog").get_by_role("link", name="Sign in with Acme").click()
    tab = opened.value

    tab.get_by_role("button", name="Sign in with Acme").click()
    sign_in_there(tab, "anna-7")
    expect(tab.locator(".account b")).to_have_text("anna")
    tab.close()
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # tabs here never hide

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
