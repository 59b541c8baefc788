"""Second factors in a browser: codes of an app, and passkeys."""

import re
from datetime import UTC, datetime

from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import sign_in
from tests.factories import one_time_code

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code() -> str:
    return one_time_code(SECRET)


def enter_code(page: Page) -> None:
    page.get_by_label("Code from your app").fill(code())
    page.get_by_role("button", name="Sign in").click()


def test_code_is_asked_after_the_password(studio: Studio) -> None:
    TOTP.activate(studio.user, SECRET)
    page = studio.page(signed_in=False, path="/sign-in/?next=/history/")

    sign_in(page)
    enter_code(page)

    expect(page).to_have_url(re.compile("/history/$"))


def test_dialog_of_an_open_page_asks_for_the_code(studio: Studio) -> None:
    TOTP.activate(studio.user, SECRET)
    page = studio.page(path="/new/")
    page.get_by_label("Speaker").fill("Anna Larsen")
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    studio.expire_sessions()
    page.get_by_label("Voice ID").fill("Another-voice-id1")

    dialog = page.get_by_role("dialog")
    sign_in(page)
    expect(dialog.get_by_label("Code from your app")).to_be_focused()
    enter_code(page)

    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")


def test_passkey_is_added_and_signs_in(studio: Studio) -> None:
    # A passkey belongs to a host name; an IP address has none.
    studio.url = studio.url.replace("127.0.0.1", "localhost")
    page = studio.page(path="/account/second-factor/")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name of this passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    sign_in(page)
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("link", name="My account")).to_be_visible()


def test_times_are_shown_in_the_time_zone_of_the_account(studio: Studio) -> None:
    attempt = factories.make_attempt(
        by=studio.user, created_at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    )
    page = studio.page(path="/account/", timezone_id="America/New_York")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html[data-time-zone='Asia/Tokyo']")).to_have_count(1)

    page.goto(f"/history/{attempt.pk}/")

    expect(page.locator("time[data-style=moment]").first).to_have_text("2 Mar 2026, 07:30")
