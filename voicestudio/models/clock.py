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
# From here on an administrator should know: ID tokens of the OpenID provider are refused when the
# machine's clock is a minute wrong, requests to a bucket when it is a quarter of an hour wrong.
LARGEST_DIFFERENCE: Final = timedelta(seconds=30)


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


def machine_ahead() -> timedelta:
    """By how much the clock of this machine is ahead of the shared one; negative if it is behind.

    The database is asked now: the steady clock may have stood still while the machine slept.
    """
    if connection.vendor != "postgresql":
        return timedelta()
    _read()
    return timezone.now() - now()


def describe_difference(ahead: timedelta, other: str) -> str:
    """For the log, how the clock of this machine differs from `other`; "" if hardly at all."""
    if abs(ahead) < LARGEST_DIFFERENCE:
        return ""
    side = "ahead of" if ahead > timedelta() else "behind"
    return f"the clock of this machine is {abs(ahead).total_seconds():.0f} s {side} {other}"


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
