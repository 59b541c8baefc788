"""Clock: the time that all machines share.

Leases, claims, limits and tokens of one machine are judged by others, whose clocks may differ or be
set. So with PostgreSQL the time is that of the database: it is read now and then, and the steady
clock of the process counts from there. SQLite lies on one machine, whose own clock it has.
"""

import time
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import Error, connection
from django.utils import timezone

# Two steady clocks drift apart by less than a millisecond in this time (seconds).
READ_EVERY: Final = 30.0


class _Reading(NamedTuple):
    """The time of the database, and that of the steady clock at the same moment."""

    moment: datetime
    steady: float


_last: _Reading | None = None


def now() -> datetime:
    """The time of the database, aware."""
    if connection.vendor != "postgresql":
        return timezone.now()
    steady = time.monotonic()
    if _last is None or steady - _last.steady > READ_EVERY:
        _read()
    if _last is None:
        return timezone.now()  # the database has never answered, and nothing can be decided
    return _last.moment + timedelta(seconds=time.monotonic() - _last.steady)


def _read() -> None:
    """Read the time of the database, on the connection below Django, which would count a query.

    If it does not answer, the last reading stays: its steady clock goes on.
    """
    global _last
    try:
        connection.ensure_connection()
        before = time.monotonic()
        with connection.wrap_database_errors:
            row = connection.connection.execute("SELECT clock_timestamp()").fetchone()
    except Error:
        return
    # The answer was on its way for half of the time, at most a few milliseconds.
    _last = _Reading(row[0], (before + time.monotonic()) / 2)
