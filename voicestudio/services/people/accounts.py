"""Accounts: what people may change of their own one, and the address that they are given."""

import logging

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from voicestudio.models import Person, Verb, is_example, language_of
from voicestudio.services import audit
from voicestudio.words.example_team import IS_EXAMPLE

from .administrators import PersonRefused, lock_person

logger = logging.getLogger(__name__)


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


def change_theme(user: User, theme: str) -> None:
    """Save the appearance that the person has chosen, "" for that of the device."""
    with transaction.atomic():
        Person.of(user)
        Person.objects.filter(user=user).update(theme=theme)


def set_address(user: User, address: str, *, by: User) -> None:
    """Give a person this mail address, "" for none; for administrators.

    The person is told by a mail to both addresses, since the earlier one may be the only one that
    reaches them. Raises PersonRefused for an example person, who gets no mail.
    """
    address = address.lower()
    with transaction.atomic():
        row, _locked = lock_person(user, by=by)
        if is_example(row):
            raise PersonRefused(IS_EXAMPLE)
        if row.email == address:
            return
        EmailAddress.objects.filter(user=user).delete()
        User.objects.filter(pk=user.pk).update(email=address)
        audit.record(Verb.ADDRESS_CHANGED, by=by, on=user)
    if row.is_active:
        _mail_change(row, address)


def _mail_change(user: User, address: str) -> None:
    """Mail a person about the new address, which stays also if the mail can't be sent."""
    readers = [each for each in (user.email, address) if each]
    if not settings.MAIL_HOST or not readers:
        return
    with translation.override(language_of(user)):
        subject = _("Your address for Voice Studio was changed")
        changed = _("An administrator has changed the mail address of your account {name}.")
        body = "\n\n".join(
            [
                changed.format(name=user.get_username()),
                _("New address: {address}").format(address=address)
                if address
                else _("It has no mail address now."),
                _("If this isn't right, tell an administrator of your studio at once."),
            ]
        )
    for reader in readers:
        try:
            EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [reader]).send()
        except OSError:
            logger.warning("The mail about a new address could not be sent.", exc_info=True)


def drop_new_address(user: User) -> None:
    """Forget the address that waits for its verification, so that the mailed link ends."""
    EmailAddress.objects.filter(user=user, verified=False, primary=False).delete()
