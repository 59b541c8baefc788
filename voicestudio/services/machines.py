"""Machines: each reports its secret key by a fingerprint, so that different keys are noticed.

A session or link that one machine has signed is worth nothing on one with another key. Each also
says in its log if its clock is wrong.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.db import Error, connection
from django.utils.crypto import salted_hmac

from voicestudio.models import Machine, MachinePart, Worker, clock
from voicestudio.models.machines import REPORT_EVERY

logger = logging.getLogger(__name__)

DIFFERENT_KEYS: Final = (
    "Machines use different secret keys, which ends sign-ins at random. Set the same SECRET_KEY on "
    "all and restart them. Machines by their key: %s."
)
WRONG_CLOCK: Final = "%s: OpenID and buckets may refuse its requests. Set the clock that is wrong."
WARN_OF_CLOCK_EVERY_S: Final = 3600
# When this process has first reported its key.
_first_report: datetime | None = None


def start_reporting(part: MachinePart) -> Callable[[], None]:
    """Report this part every minute in a thread; return a function that stops it and waits."""
    stop = threading.Event()
    thread = threading.Thread(target=_repeat, args=(part, stop), name="report", daemon=True)
    thread.start()

    def stop_reporting() -> None:
        stop.set()
        thread.join()

    return stop_reporting


def report(part: MachinePart) -> None:
    """Write which secret key this part of this machine uses."""
    global _first_report
    now = clock.now()
    _first_report = _first_report or now
    columns = {"key_print": _key_print(), "seen_at": now}
    Machine.objects.update_or_create(host=socket.gethostname(), part=part, defaults=columns)
    Machine.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def delete_report(part: MachinePart) -> None:
    """Delete the report of a part that has stopped: its machine may never come back by this name.

    It would count as alive for minutes, and a container has another host name at each start.
    """
    try:
        Machine.objects.filter(host=socket.gethostname(), part=part).delete()
    except Error:
        logger.debug("The report stays until it is too old.", exc_info=True)


def list_others() -> list[str]:
    """What of the studio runs elsewhere: each worker, and each web server on another machine.

    What has been killed on this machine does not count. Raises django.db.Error before the first
    migration.
    """
    # Only these columns: a newer version may expect others that the table has not got yet.
    workers = Worker.objects.alive().only("host", "pid")
    web_servers = Machine.objects.alive().filter(part=MachinePart.WEB)
    elsewhere = web_servers.exclude(host=socket.gethostname()).values_list("host", flat=True)
    return sorted(
        {
            *(f"worker on {worker.host}" for worker in workers if not worker.has_died_here),
            *(f"web server on {host}" for host in elsewhere),
        }
    )


def find_different_keys() -> list[list[Machine]]:
    """The living machines by their secret key; none if all use the same.

    What has not reported since this process began may be gone, or restart with the same new key: a
    container has another host name at each start.
    """
    alive = Machine.objects.alive().order_by("key_print", "host", "part")
    if _first_report is not None:
        # On SQLite, the clock may have been set back.
        alive = alive.filter(seen_at__gte=min(_first_report, clock.now()))
    groups = [list(group) for _key, group in groupby(alive, key=lambda each: each.key_print)]
    return groups if len(groups) > 1 else []


def report_and_compare(part: MachinePart, reported: str = "") -> str:
    """Report this part, and log which machines differ unless `reported` says the same.

    Returns what differs now, for the next call; "" if nothing does.
    """
    try:
        report(part)
        groups = find_different_keys()
    except Error:
        # Before the migration there is no table, and a database that is away is in the log already.
        logger.debug("The secret key could not be reported.", exc_info=True)
        return reported
    differing = "; ".join(", ".join(str(each) for each in group) for group in groups)
    if differing and differing != reported:
        logger.error(DIFFERENT_KEYS, differing)
    return differing


def warn_of_clock(warned_at: float | None = None) -> float | None:
    """Log if the clock of this machine is wrong, once an hour.

    Returns the steady time of the last warning, for the next call; None if the clock is right.
    """
    difference = clock.describe_difference(clock.machine_ahead(), "that of the database")
    if not difference:
        return None
    now = time.monotonic()
    if warned_at is not None and now - warned_at < WARN_OF_CLOCK_EVERY_S:
        return warned_at
    logger.warning(WRONG_CLOCK, difference.capitalize())
    return now


def _repeat(part: MachinePart, stop: threading.Event) -> None:
    reported, warned_at = "", None
    while not stop.is_set():
        reported = report_and_compare(part, reported)
        warned_at = warn_of_clock(warned_at)
        connection.close()
        stop.wait(REPORT_EVERY.total_seconds())


def _key_print() -> str:
    """A fingerprint of the secret key, which does not show the key."""
    digest = salted_hmac("voicestudio.machines", "fingerprint", algorithm="sha256").hexdigest()
    return str(digest[:16])
