"""Cache: Django's cache in the database, whose entries end by the time of all machines.

Limits and used codes of second factors are kept in it. Django compares with the clock of the
machine, so that one that is ahead would forget what the others have counted.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection

from voicestudio.models import clock

# An entry is stored as if it lasted so much longer. So no entry has expired by Django's own
# comparison, whatever the clock of the machine says, and only those here decide.
MARGIN: Final = timedelta(days=3650)


class SharedClockCache(DatabaseCache):
    """Forgets what has expired before it looks for it."""

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> float | None:
        """The end of an entry, as it is stored; None for never."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else (_edge() + timedelta(seconds=seconds)).timestamp()

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        """The values of those that have not expired."""
        wanted = list(keys)
        self._forget_expired([self.make_and_validate_key(key, version=version) for key in wanted])
        found: dict[Any, Any] = super().get_many(wanted, version)
        return found

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether it has not expired."""
        self._forget_expired([self.make_and_validate_key(key, version=version)])
        return super().has_key(key, version)

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> Any:
        self._forget_expired([key])
        return super()._base_set(mode, key, value, timeout)  # type: ignore[misc]

    def _cull(self, db: str, cursor: Any, _now: datetime, num: int) -> None:
        super()._cull(db, cursor, _edge().replace(microsecond=0), num)  # type: ignore[misc]

    def _forget_expired(self, keys: list[str]) -> None:
        """Delete those of these entries that have expired. Reads first: a DELETE locks SQLite.

        The end is compared again, since another process may have written the entry meanwhile.
        """
        if not keys:
            return
        names = ", ".join(["%s"] * len(keys))
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]
        edge = connection.ops.adapt_datetimefield_value(_edge())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT cache_key FROM {table} WHERE cache_key IN ({names}) AND expires < %s",  # noqa: S608
                [*keys, edge],
            )
            if cursor.fetchall():
                cursor.execute(
                    f"DELETE FROM {table} WHERE cache_key IN ({names}) AND expires < %s",  # noqa: S608
                    [*keys, edge],
                )


def _edge() -> datetime:
    """What is stored with an earlier end has expired."""
    return clock.now() + MARGIN
