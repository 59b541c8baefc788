"""Sessions: Django's sessions in the database, which end by the time of all machines.

`SESSION_ENGINE` names this module. Django compares with the clock of the machine, so that people
would be signed out by one that is ahead.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection

from voicestudio.models import clock

_READ: Final = (
    f"SELECT session_data FROM {Session._meta.db_table} "  # noqa: S608
    "WHERE session_key = %s AND expire_date > %s"
)


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

    def load(self) -> dict[str, Any]:
        """The data of the session; empty if it has ended.

        In SQL, since Django takes several times as long to write the query as the database to
        answer it, and nearly every request needs it.
        """
        now = connection.ops.adapt_datetimefield_value(clock.now())
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row[0])
        return data
