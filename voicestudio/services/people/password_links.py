"""Password links: a page on which a person sets a new password without the old one.

They are those that django-allauth mails to people who have forgotten theirs.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone

from voicestudio.models import Person, clock


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
