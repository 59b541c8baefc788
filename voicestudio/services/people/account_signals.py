"""Account signals: what django-allauth changes about an account is told to the audit trail."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from voicestudio.models import Verb
from voicestudio.services import audit

from . import accounts


def connect() -> None:
    """Listen to the signals."""
    for signal in (
        account_signals.password_changed,
        account_signals.password_set,
        account_signals.password_reset,
    ):
        signal.connect(_record_password, dispatch_uid="audit")
    account_signals.email_changed.connect(_record_address, dispatch_uid="audit")
    mfa_signals.authenticator_added.connect(_record_added, dispatch_uid="audit")
    mfa_signals.authenticator_removed.connect(_record_removed, dispatch_uid="audit")
    mfa_signals.authenticator_reset.connect(_record_reset, dispatch_uid="audit")
    mfa_signals.authentication_failed.connect(_record_wrong_code, dispatch_uid="audit")


def _record_password(user: User, **_signal: Any) -> None:
    accounts.drop_new_address(user)  # perhaps another person had asked for it
    audit.record(Verb.PASSWORD_CHANGED, by=user, on=user)


def _record_address(user: User, **_signal: Any) -> None:
    audit.record(Verb.ADDRESS_CHANGED, by=user, on=user)


def _record_added(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    _record_second_factor(user, authenticator, "added")


def _record_removed(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    _record_second_factor(user, authenticator, "removed")


def _record_reset(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    _record_second_factor(user, authenticator, "renewed")


def _record_second_factor(user: User, authenticator: Authenticator, change: str) -> None:
    audit.record(
        Verb.SECOND_FACTOR_CHANGED, by=user, on=user, type=authenticator.type, change=change
    )


def _record_wrong_code(user: User, **_signal: Any) -> None:
    audit.record(Verb.SIGN_IN_FAILED, by=user, on=user, known=True, second_factor=True)
