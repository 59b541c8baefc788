"""Backup verification: whether a backup is complete and unchanged, and its audit trail whole."""

import logging
from collections import deque
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage

from voicestudio.models import AuditEntry
from voicestudio.services.audit import TrailBroken, verify_entries
from voicestudio.services.audit.verification import Head

from .faults import BackupFault
from .manifest import Manifest, open_checked, read_manifest, read_part
from .places import file_path, mark_verified
from .tables import AUDIT_ENTRIES, as_columns

logger = logging.getLogger(__name__)


def verify_backup(place: Storage, name: str = "") -> Manifest:
    """Read all of a backup, by default the newest. Raises `BackupFault` at the first fault.

    The result is noted in the place: a prune keeps the newest backup that is known to be whole.
    """
    manifest = read_manifest(place, name)
    try:
        _read_parts(place, manifest)
    except BackupFault:
        _note(place, manifest, is_whole=False)
        raise
    _note(place, manifest, is_whole=True)
    return manifest


def _note(place: Storage, manifest: Manifest, *, is_whole: bool) -> None:
    """Note the result. A place that may only be read can be verified, too."""
    try:
        mark_verified(place, manifest.name, is_whole=is_whole)
    except OSError:
        logger.warning("The place of the backups refuses the result.", exc_info=True)


def _read_parts(place: Storage, manifest: Manifest) -> None:
    for label, part in manifest.tables.items():
        rows = read_part(place, part)
        if label == AUDIT_ENTRIES:
            _verify_trail(rows, manifest.audit_head)
        deque(rows, maxlen=0)
    for entry in read_part(place, manifest.files):
        if entry["sha256"]:
            with open_checked(place, file_path(entry["sha256"]), entry["bytes"], entry["sha256"]):
                pass


def _verify_trail(rows: Iterator[dict[str, Any]], head: str) -> None:
    sealed = (AuditEntry(**as_columns(AuditEntry, row)) for row in rows)
    heads = [Head(0, ""), *([Head.parse(head)] if not head.startswith("0:") and head else [])]
    try:
        last = verify_entries(sealed, heads)
        # Rows and head were read at one moment, so that nothing can be sealed past the head.
        if last > heads[-1].sequence:
            raise TrailBroken("beyond", expected=heads[-1].sequence, found=last)
    except TrailBroken as broken:
        raise BackupFault("audit", reason=broken) from broken
