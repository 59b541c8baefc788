"""The end of a sign-in in a browser: announced in every tab, and extended without loss."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import Studio
from tests.browser.steps import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOTICE = "You'll be signed out in less than 5 minutes."
BUTTON = "Stay signed in"


def end_sign_in_after(length: timedelta) -> None:
    """Let the one sign-in end after `length`."""
    session = SessionStore(Session.objects.get().pk)
    session.set_expiry(timezone.now() + length)
    session.save()


def open_before_end(studio: Studio) -> Page:
    """The clone form of somebody whose sign-in ends in four minutes."""
    page = studio.page(path="/help/")
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    end_sign_in_after(timedelta(minutes=4))
    page.goto("/new/")
    return page


def test_end_is_announced_and_extended_in_every_tab(studio: Studio) -> None:
    page = open_before_end(studio)
    button = page.get_by_role("button", name=BUTTON)
    expect(page.locator("#announcer")).to_have_text(NOTICE)
    other = page.context.new_page()
    other.goto("/history/")
    expect(other.get_by_role("button", name=BUTTON)).to_be_visible()
    page.get_by_label("Speaker").fill("Anna Larsen")

    button.press("Enter")

    expect(button).to_have_count(0)
    expect(other.get_by_role("button", name=BUTTON)).to_have_count(0)
    expect(page.get_by_label("Speaker")).to_be_focused()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=13)
    page.reload()
    expect(button).to_have_count(0)


def test_dialog_follows_an_end_that_was_not_extended(studio: Studio) -> None:
    page = open_before_end(studio)
    button = page.get_by_role("button", name=BUTTON)
    page.get_by_label("Preview text").fill("Good morning.")
    studio.expire_sessions()

    button.click()
    sign_in(page)

    expect(button).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=13)
