"""The mail server accepts connections and never answers."""

import copy
import socket
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import PASSWORD, make_attempt, make_user
from tests.faults.conftest import read
from tests.jobs import run_jobs
from voicestudio.models import Invitation
from voicestudio.services import reminders

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _hanging_mail_server(settings: Settings) -> Iterator[None]:
    """The real mail backend, whose server says nothing; given up after a moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        mailers = copy.deepcopy(django_settings.MAILERS)
        mailers["default"]["BACKEND"] = "django.core.mail.backends.smtp.EmailBackend"
        mailers["default"]["OPTIONS"] = {
            "host": "127.0.0.1", "port": server.getsockname()[1], "timeout": 0.2,
        }  # fmt: skip
        settings.MAILERS = mailers
        settings.MAIL_HOST = "127.0.0.1"
        settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
        yield


def test_invitation_that_cannot_be_mailed_shows_its_link(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(make_user("ada", is_staff=True))

    response = client.post(
        "/people/invite/", {"address": "new@example.com", "studio_role": "auditor"}
    )

    assert read(response).count("Copy this link and send it to them.") == 1
    assert Invitation.objects.count() == 1
    assert "The mail server refused an invitation" in caplog.messages


def test_changed_password_stands_although_its_email_cannot_be_sent(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    user = make_user("lea", email="lea@example.com")
    client.force_login(user)
    new = "another long password of hers"

    response = client.post(
        "/account/password/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
        follow=True,
    )

    assert response.status_code == 200
    assert read(response).count("The email about this couldn't be sent.") == 1
    user.refresh_from_db()
    assert user.check_password(new)
    assert any("could not be sent." in line for line in caplog.messages)


def test_new_address_waits_for_an_email_that_can_be_sent(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    user = make_user("lea", email="lea@example.com")
    client.force_login(user)
    client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/"})

    response = client.post("/account/address/", {"email": "new@example.com"}, follow=True)

    assert read(response).count("The email about this couldn't be sent.") == 1
    user.refresh_from_db()
    assert user.email == "lea@example.com"
    assert any("could not be sent." in line for line in caplog.messages)


def test_forgotten_password_says_the_same_whether_or_not_mail_works(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    make_user("lea", email="lea@example.com")

    response = client.post("/forgot-password/", {"email": "lea@example.com"}, follow=True)
    assert not any("could not be sent." in line for line in caplog.messages)
    run_jobs()

    assert read(response).count("ask an administrator") == 1
    assert any("could not be sent." in line for line in caplog.messages)


def test_reminder_is_sent_later(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    person: User = make_user("lea", email="lea@example.com")
    make_attempt(by=person, created_at=timezone.now() - timezone.timedelta(days=6))  # type: ignore[attr-defined]
    morning = timezone.now().replace(hour=9)

    assert reminders.send_if_due(morning) == 0

    assert "The daily reminder could not be sent." in caplog.messages
    client.force_login(person)
    assert "expires" in read(client.get("/new/"))
