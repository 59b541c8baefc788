"""Sign-in limits: how many wrong passwords are checked, and when the next one is refused.

`is_refused` holds the whole rule, so that every way to give a password asks the same question. The
limits of django-allauth were looked at: they know neither networks nor the accounts that are at
home in one, so that a stranger could lock an account's owner out. Other forms of an account have
a rate each (`models/throttles.py`).
"""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from voicestudio.models import SignIn, clock, select_address, throttles
from voicestudio.models.throttles import TOLERANCE

# A network from which a person has signed in counts as theirs for this long.
KNOWN_FOR: Final = timedelta(days=30)
# Failed sign-ins through the OpenID provider are counted apart, under no account: if the provider
# is set up wrongly, people can still sign in with their passwords.
NO_ACCOUNT: Final = ""
BY_PASSWORD: Final = ~Q(account=NO_ACCOUNT)


def find_account(typed: str) -> str:
    """The username of the account with this username or mail address, or what was typed."""
    typed = typed.replace("\0", "")  # PostgreSQL refuses to look for it
    if User.objects.filter(username=typed).exists():
        return typed
    # Addresses are compared without case. Two accounts with one address need their usernames.
    users = select_address(User.objects.all(), typed)
    return users[0].get_username() if len(users) == 1 else typed[:150]


def is_refused(account: str, network: str) -> bool:
    """Whether no password is checked now for this account from this network.

    The limits for one account and over all do not bind networks from which the account has signed
    in before: otherwise a stranger could lock its owner out by guessing from elsewhere.
    """
    here = Q(network=network)
    owner = Q(account=account)
    if _count(owner & here) >= settings.SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK:
        return True
    if _count(here & BY_PASSWORD) >= settings.SIGN_IN_FAILURES_PER_NETWORK:
        return True
    if _is_known(account, network):
        return False
    return (
        _count(owner) >= settings.SIGN_IN_FAILURES_PER_ACCOUNT
        or _count(BY_PASSWORD) >= settings.SIGN_IN_FAILURES_IN_ALL
    )


def is_openid_refused(network: str) -> bool:
    """Whether no sign-in through the OpenID provider is tried now from this network."""
    return _count(Q(network=network) & ~BY_PASSWORD) >= settings.SIGN_IN_FAILURES_PER_NETWORK


def record_openid_failure(network: str) -> None:
    """Count a sign-in through the OpenID provider that was refused."""
    SignIn.objects.create(account=NO_ACCOUNT, network=network, failed=True)


def record(account: str, network: str, *, failed: bool) -> None:
    """Count a sign-in that was tried; a good one forgives the failed ones before it."""
    rows = SignIn.objects.filter(account=account, network=network)
    if not failed:
        rows.delete()
    SignIn.objects.create(account=account, network=network, failed=failed)


def clear_failures() -> int:
    """End every pause; return how many wrong passwords were forgotten."""
    return SignIn.objects.filter(failed=True).delete()[0]


def clear_expired() -> None:
    """Delete sessions, failures and sign-ins that no longer matter; correct future times.

    A clock that was ahead has written those, and a pause would last until then.
    """
    now = clock.now()
    SignIn.objects.filter(at__gt=now + TOLERANCE).update(at=now)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    SignIn.objects.filter(failed=True, at__lt=_window_start()).delete()
    SignIn.objects.filter(at__lt=now - KNOWN_FOR).delete()
    throttles.clear_expired()


def _count(failures: Q) -> int:
    return SignIn.objects.filter(failures, failed=True, at__gte=_window_start()).count()


def _is_known(account: str, network: str) -> bool:
    since = clock.now() - KNOWN_FOR
    known = SignIn.objects.filter(account=account, network=network, failed=False, at__gte=since)
    return known.exists()


def _window_start() -> datetime:
    return clock.now() - timedelta(minutes=settings.SIGN_IN_PAUSE_MINUTES)
