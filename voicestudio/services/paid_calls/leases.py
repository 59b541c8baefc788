"""Leases: how a worker says, over and over, that it still holds an attempt or a speech.

A row whose lease has run out is known to have lost its worker, whoever reads it and whether or not
anything ever tidies up.
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
from django.utils import timezone

from voicestudio.models import CloneAttempt, Speech, Worker

logger = logging.getLogger(__name__)

# The row of this process, if it is a background worker.
worker: Worker | None = None

_held: Final[set[UUID]] = set()
_lock: Final = threading.Lock()
# Whoever writes leases has it, since no renewal may come after all has been let go. It is never
# asked for with a row locked: the writer may be waiting for that row.
_writing: Final = threading.Lock()
_renewer: threading.Thread | None = None


def lease_end() -> datetime:
    """Until when a lease that is taken or renewed now holds."""
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


@contextmanager
def held() -> Iterator[UUID]:
    """A fresh claim, renewed in the background for as long as the block runs."""
    claim = uuid4()
    with _lock:
        _held.add(claim)
        _start_renewing()
    try:
        yield claim
    finally:
        with _lock:
            _held.discard(claim)


def let_go() -> int:
    """End all leases of this process at once: it is about to stop. Returns how many rows."""
    with _writing:
        with _lock:
            claims = list(_held)
            _held.clear()
        return _set(claims, timezone.now())


def _set(claims: list[UUID], until: datetime) -> int:
    """Let the leases of these claims end at that moment. Returns how many rows."""
    attempts = CloneAttempt.objects.filter(claim__in=claims, lease_until__isnull=False)
    speeches = Speech.objects.filter(claim__in=claims, lease_until__isnull=False)
    return attempts.update(lease_until=until) + speeches.update(lease_until=until)


def _start_renewing() -> None:
    global _renewer
    if _renewer is None or not _renewer.is_alive():
        _renewer = threading.Thread(target=_renew_while_held, name="leases", daemon=True)
        _renewer.start()


def _renew_while_held() -> None:
    global _renewer
    pause = threading.Event()
    while True:
        pause.wait(settings.HEARTBEAT_SECONDS)
        try:
            with _writing:
                with _lock:
                    claims = list(_held)
                    if not claims:
                        _renewer = None
                        return
                _set(claims, lease_end())
        except Exception:
            # The next turn tries again; if none succeeds, the lease runs out, which is the truth.
            logger.warning("Leases could not be renewed.", exc_info=True)
        finally:
            connection.close()
