"""Password links: a page on which a person sets a new password without the old one.

They are those that django-allauth mails to people who have forgotten theirs.
"""

from datetime import timedelta
from typing import NamedTuple

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User


class ResetLink(NamedTuple):
    """The parts of the address of the page, as its URL pattern calls them."""

    uidb36: str
    key: str


def make_link(user: User) -> ResetLink:
    """A link that works until it is used, the person signs in, or `valid_for()` is over."""
    return ResetLink(user_pk_to_url_str(user), default_token_generator.make_token(user))


def valid_for() -> timedelta:
    """How long a link works."""
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
