"""Leases: how a worker states, every few seconds, that it still holds a paid call.

A row whose lease has run out has lost its worker. Every reader can see that, whether or not any
clean-up runs. A distributed lock (redis-py's `Lock`, django-pglocks) was considered: it would not
be visible in the row itself, and needs a server besides the database.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from voicestudio.models import PaidCall, Worker, clock

logger = logging.getLogger(__name__)

# The row of this process, if it is a background worker.
worker: Worker | None = None

_claims: Final[set[UUID]] = set()
_claims_lock: Final = threading.Lock()
# Held while leases are written, so that a renewal cannot run after `release_all()`. Never acquired
# while a row is locked: the thread that writes leases may be waiting for that row.
_write_lock: Final = threading.Lock()
_renewal: threading.Thread | None = None


def lease_end() -> datetime:
    """Until when a lease holds that is taken or renewed now."""
    return clock.now() + timedelta(seconds=settings.LEASE_SECONDS)


@contextmanager
def hold() -> Iterator[UUID]:
    """A new claim whose leases are renewed in the background for as long as the block runs."""
    claim = uuid4()
    with _claims_lock:
        _claims.add(claim)
        _start_renewal()
    try:
        yield claim
    finally:
        with _claims_lock:
            _claims.discard(claim)


def release_all() -> int:
    """End all leases of this process now, because it is about to stop; how many rows."""
    with _write_lock:
        with _claims_lock:
            claims = list(_claims)
            _claims.clear()
        return _set_leases(claims, clock.now())


def _set_leases(claims: list[UUID], until: datetime) -> int:
    """Write the end of the leases of these claims; how many rows."""
    return sum(
        kind._default_manager.filter(claim__in=claims, lease_until__isnull=False).update(
            lease_until=until
        )
        for kind in PaidCall.kinds()
    )


def _start_renewal() -> None:
    global _renewal
    if _renewal is None or not _renewal.is_alive():
        _renewal = threading.Thread(target=_renew_leases, name="leases", daemon=True)
        _renewal.start()


def _renew_leases() -> None:
    global _renewal
    pause = threading.Event()
    while True:
        pause.wait(settings.HEARTBEAT_SECONDS)
        try:
            with _write_lock:
                with _claims_lock:
                    claims = list(_claims)
                    if not claims:
                        _renewal = None
                        return
                _set_leases(claims, lease_end())
        except Exception:
            # The next round tries again. If none succeeds, the lease runs out, which is the truth.
            logger.warning("Leases could not be renewed.", exc_info=True)
        finally:
            connection.close()
