"""Sign-ins in the audit trail, by the signals of django.contrib.auth."""

from datetime import timedelta
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from voicestudio.models import AuditEntry, Verb, clock, select_address

from .entries import record
from .origins import current_origin

# Refused sign-ins of one account from one address are recorded once in this time: they are not
# limited like wrong passwords, and entries can never be deleted.
LOCKED_EVERY: Final = timedelta(minutes=1)
COMPARED: Final = 50


def connect() -> None:
    """Listen to the signals."""
    user_logged_in.connect(_record_sign_in, dispatch_uid="audit")
    user_logged_out.connect(_record_sign_out, dispatch_uid="audit")
    user_login_failed.connect(_record_failure, dispatch_uid="audit")


def record_locked(username: str) -> None:
    """Record that a sign-in was refused without a look at the password."""
    user = _find_user(username)
    address = current_origin().address
    newest = AuditEntry.objects.filter(verb=Verb.SIGN_IN_LOCKED).order_by("-pk")
    since = clock.now() - LOCKED_EVERY
    same = (getattr(user, "pk", None), address)
    recent = newest.values_list("person_id", "address", "at")[:COMPARED]
    if not any((pk, place) == same and at > since for pk, place, at in recent):
        record(Verb.SIGN_IN_LOCKED, by=user, on=user)


def record_refused(reason: str, user: AbstractBaseUser | None) -> None:
    """Record that a sign-in with OpenID was refused; `user` is the person it would have been."""
    record(Verb.SIGN_IN_FAILED, by=user, on=user, known=user is not None, reason=reason)


def _record_sign_in(user: AbstractBaseUser, request: Any = None, **_signal: Any) -> None:
    methods = get_authentication_records(request, user) if request is not None else []
    is_openid = any(method.get("method") == "socialaccount" for method in methods[-2:])
    facts: dict[str, Any] = {"way": "OpenID"} if is_openid else {}
    record(Verb.SIGNED_IN, by=user, on=user, **facts)


def _record_sign_out(user: AbstractBaseUser | None, **_signal: Any) -> None:
    if user is not None:
        record(Verb.SIGNED_OUT, by=user, on=user)


def _record_failure(credentials: dict[str, Any], request: Any = None, **_signal: Any) -> None:
    """A wrong password. The typed name is kept only if it is an account's: it may be a password."""
    if getattr(request, "password_was_checked", True):
        user = _find_user(str(credentials.get("username") or ""))
        record(Verb.SIGN_IN_FAILED, by=user, on=user, known=user is not None)


def _find_user(username: str) -> AbstractBaseUser | None:
    if "\0" in username:  # PostgreSQL refuses to look for it
        return None
    user = User.objects.filter(username=username[:150]).first()
    # As in `sign_in_limits.find_account`: two accounts with one address need their usernames.
    by_address = [] if user else select_address(User.objects.all(), username)
    return by_address[0] if len(by_address) == 1 else user
