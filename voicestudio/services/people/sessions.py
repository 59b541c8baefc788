"""Sessions: Django's sessions in the database, which end by the time of all machines.

`SESSION_ENGINE` names this module. Django compares with the clock of the machine, so that people
would be signed out by one that is ahead.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from voicestudio.models import clock


class SessionStore(db.SessionStore):
    """A session of the browser that asks."""

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that have ended."""
        Session.objects.filter(expire_date__lt=clock.now()).delete()

    def get_expiry_age(self, **kwargs: Any) -> int:
        """The seconds until it ends."""
        return super().get_expiry_age(**{"modification": clock.now(), **kwargs})

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """When it ends."""
        return super().get_expiry_date(**{"modification": clock.now(), **kwargs})

    def set_expiry(self, value: datetime | timedelta | int | None) -> None:
        """Let it end then, or after so long."""
        super().set_expiry(clock.now() + value if isinstance(value, timedelta) else value)

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(session_key=self.session_key, expire_date__gt=clock.now())
        session: Session | None = found.first()
        if session is None:
            self._session_key = None
        return session
