"""Confirmation: how long ago people have confirmed that it's them, by the time of all machines.

django-allauth keeps it in the session, by the clock of the machine. So the time is written anew,
and what is too old is removed before django-allauth looks; its own limit is far longer.
"""

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.http import HttpRequest

from voicestudio.models import clock


def connect() -> None:
    """Listen to the signal."""
    authentication_step_completed.connect(_write_time, dispatch_uid="shared clock")


def _write_time(request: HttpRequest, **_signal: Any) -> None:
    """Note when this was confirmed, or this step of the sign-in done, by the shared clock."""
    records = request.session[AUTHENTICATION_METHODS_SESSION_KEY]
    records[-1]["at"] = clock.now().timestamp()
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records


def remove_old(request: HttpRequest) -> None:
    """Forget the confirmations that no longer count."""
    now = clock.now().timestamp()
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    current = [
        record
        for record in records
        if not record.get("reauthenticated") or abs(now - record["at"]) < settings.CONFIRMED_FOR
    ]
    if len(current) < len(records):
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = current
