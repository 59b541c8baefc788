"""People: which mails they want."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_user, make_voice
from voicestudio.models import Person
from voicestudio.services import reminders


@pytest.mark.django_db(transaction=True)
def test_reminder_goes_to_people_who_want_it(settings: Settings) -> None:
    settings.MAIL_HOST = "mail.example.com"
    make_user("new", email="new@example.com")
    for name, wanted in (("yes", True), ("no", False)):
        user = make_user(name, email=f"{name}@example.com")
        Person.objects.update_or_create(user=user, defaults={"wants_reminders": wanted})
    make_voice(created_at=timezone.now() - timedelta(days=6))

    reminders.send()

    assert mail.outbox[0].bcc == ["new@example.com", "yes@example.com"]
