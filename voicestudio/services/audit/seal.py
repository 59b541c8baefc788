"""Seal: every entry gets its number in a chain of hashes, in which nothing can be changed unseen.

The worker seals every few seconds, apart from the transactions that write entries, so that paid
calls do not wait for each other. An entry whose transaction ends late is sealed late: the order of
the chain is the order of sealing.
"""

import logging
import threading
import time
from typing import Final

from django.db import transaction

from voicestudio.models import AuditChain, AuditEntry

logger = logging.getLogger(__name__)

# So many at once: SQLite lets no other process write meanwhile.
BATCH: Final = 100
LOG_EVERY_S: Final = 60.0
_logged: dict[str, float] = {}
_stopped_logged_at: float | None = None
_lock: Final = threading.Lock()


def seal_entries() -> int:
    """Seal every entry that has no seal yet; return how many.

    Seals nothing, and logs an error, while an entry has a seal that this function has not written.
    """
    count = 0
    while sealed := _seal_batch():
        count += sealed
    _log_head()
    return count


def seal_head() -> str:
    """Number and hash of the last sealed entry, as `verify_audit --head` takes it."""
    return str(AuditChain.current())


def _seal_batch() -> int:
    if not AuditEntry.objects.unsealed().exists():
        return 0
    with transaction.atomic():
        chain = AuditChain.lock()
        # It would have the number of the next entry, and a chain that went on from it would make
        # it genuine.
        if AuditEntry.objects.filter(sequence__gt=chain.sequence).exists():
            _log_foreign_seal(chain)
            return 0
        # Read after the lock: of two workers, the second one sees what the first has sealed.
        entries = list(AuditEntry.objects.unsealed()[:BATCH])
        for entry in entries:
            chain.sequence += 1
            entry.sequence, entry.previous_hash = chain.sequence, chain.hash
            chain.hash = entry.compute_hash()
            AuditEntry.objects.filter(pk=entry.pk).update(
                sequence=entry.sequence, previous_hash=entry.previous_hash, hash=chain.hash
            )
        chain.save()
    return len(entries)


def _log_head() -> None:
    """Write the head to the log if it is another one, at most once a minute."""
    now = time.monotonic()
    with _lock:
        if _logged and now - max(_logged.values()) < LOG_EVERY_S:
            return
        head = seal_head()
        if head not in _logged:
            _logged.clear()
            _logged[head] = now
            logger.info("The head of the audit trail is %s.", head)


def _log_foreign_seal(chain: AuditChain) -> None:
    """Write to the log that sealing has stopped, at most once a minute."""
    global _stopped_logged_at
    now = time.monotonic()
    with _lock:
        if _stopped_logged_at is not None and now - _stopped_logged_at < LOG_EVERY_S:
            return
        _stopped_logged_at = now
    logger.error(
        "Entries of the audit trail are no longer sealed: one has a seal that the studio did not "
        "write, after %s. Run manage.py verify_audit.",
        chain,
    )
