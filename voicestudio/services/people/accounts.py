"""Accounts: what people may change of their own one."""

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import transaction

from voicestudio.models import Person, Verb, is_example
from voicestudio.services import audit
from voicestudio.words.example_team import IS_EXAMPLE

from .administrators import PersonRefused, lock_person


def change_profile(
    user: User, *, name: str, language: str, time_zone: str, theme: str, wants_reminders: bool
) -> None:
    """Save name, language, time zone and theme ("" for those of the device), and wanted mails."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(first_name=name, last_name="")
        person = Person.of(user)
        person.language, person.time_zone, person.theme = language, time_zone, theme
        person.wants_reminders = wants_reminders
        person.save(update_fields=["language", "time_zone", "theme", "wants_reminders"])


def set_address(user: User, address: str, *, by: User) -> None:
    """Give a person this mail address, without a mail to it; for administrators.

    Raises PersonRefused for an example person, who gets no mail.
    """
    with transaction.atomic():
        row, _administrators = lock_person(user, by=by)
        if is_example(row):
            raise PersonRefused(IS_EXAMPLE)
        EmailAddress.objects.filter(user=user).delete()
        User.objects.filter(pk=user.pk).update(email=address.lower())
        audit.record(Verb.ADDRESS_CHANGED, by=by, on=user)


def drop_new_address(user: User) -> None:
    """Forget the address that waits for its verification, so that the mailed link ends."""
    EmailAddress.objects.filter(user=user, verified=False, primary=False).delete()
