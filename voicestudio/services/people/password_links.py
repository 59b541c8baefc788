"""Password links: a page on which a person sets a new password without the old one.

They work on django-allauth's page. People who have forgotten their password get one by mail.
"""

import logging
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from voicestudio.models import Person, clock, select_address

logger = logging.getLogger(__name__)
MAIL: Final = "account/email/password_reset_key"


class LinkKeys(PasswordResetTokenGenerator):
    """Makes and checks the keys of links; `ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR` names it.

    A key ends with the password, the mail address or the sign-in it was made after, as Django has
    it, and with a deactivation.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        moment = Person.objects.filter(user=user.pk).values_list("deactivated_at", flat=True)
        return f"{super()._make_hash_value(user, timestamp)}{moment.first()}{user.is_active}"

    def _now(self) -> datetime:
        """The time by which a link ends: that of all machines, naive as Django has it."""
        return timezone.make_naive(clock.now())


KEYS: Final = LinkKeys()


class ResetLink(NamedTuple):
    """The parts of the address of the page, as its URL pattern calls them."""

    uidb36: str
    key: str


def make_link(user: User) -> ResetLink:
    """A link that works until it is used, the person signs in, or `valid_for()` is over."""
    return ResetLink(user_pk_to_url_str(user), KEYS.make_token(user))


def valid_for() -> timedelta:
    """How long a link works."""
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


@task()
def mail_links(address: str, language: str, start: str) -> None:
    """Mail a link to the accounts with this address; `start` begins the links.

    The worker does all of it, so that the page answers after the same time whether or not there is
    an account. `language` is for people who have chosen none. If the job is lost, or the mail
    server refuses, people ask again.
    """
    for user in select_address(User.objects.filter(is_active=True), address):
        person = getattr(user, "person", None)
        link = reverse("account_reset_password_from_key", kwargs=make_link(user)._asdict())
        with translation.override((person and person.language) or language):
            facts = {"user": user, "password_reset_url": start.rstrip("/") + link}
            subject = render_to_string(f"{MAIL}_subject.txt", facts).strip()
            body = render_to_string(f"{MAIL}_message.txt", facts).strip()
        try:
            # To the address of the account, whatever spelling of it was typed.
            EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email]).send()
        except OSError:
            logger.warning("The email %s could not be sent.", MAIL, exc_info=True)
