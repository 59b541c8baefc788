"""Sign-in limits: how many wrong passwords are checked, and when the next one is refused.

`is_refused` holds the whole rule, so that every way to sign in asks the same question. The failures
are counted in the tables of django-axes, by name and by network (an IPv4 /24 or an IPv6 /64).
"""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone

# A network from which a person has signed in counts as theirs for this long.
KNOWN_FOR: Final = timedelta(days=30)


def is_refused(username: str, network: str) -> bool:
    """Whether no password is checked now for this name from this network.

    The limits for one account and over all do not bind networks from which the account has signed
    in before: otherwise a stranger could lock its owner out by guessing from elsewhere.
    """
    here = Q(ip_address=network)
    account = Q(username=username)
    if _count(account & here) >= settings.AXES_FAILURE_LIMIT:
        return True
    if _count(here) >= settings.SIGN_IN_FAILURES_PER_NETWORK:
        return True
    if _is_known(username, network):
        return False
    return (
        _count(account) >= settings.SIGN_IN_FAILURES_PER_ACCOUNT
        or _count(Q()) >= settings.SIGN_IN_FAILURES_IN_ALL
    )


def clear_expired() -> None:
    """Delete sessions, failures and sign-ins that no longer matter."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    AccessAttempt.objects.filter(attempt_time__lt=_window_start()).delete()
    AccessLog.objects.filter(attempt_time__lt=timezone.now() - KNOWN_FOR).delete()


class SignInHandler(AxesDatabaseHandler):
    """Lets django-axes, which counts the failures, ask `is_refused` before each check."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this sign-in is refused without a look at the password."""
        username = get_client_username(request, credentials) or ""
        return is_refused(username, request.axes_ip_address)  # type: ignore[attr-defined]


def _count(failures: Q) -> int:
    recent = AccessAttempt.objects.filter(failures, attempt_time__gte=_window_start())
    return recent.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def _is_known(username: str, network: str) -> bool:
    since = timezone.now() - KNOWN_FOR
    known = AccessLog.objects.filter(username=username, ip_address=network)
    return bool(known.filter(attempt_time__gte=since).exists())


def _window_start() -> datetime:
    return timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
