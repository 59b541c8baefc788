"""Backup verification: whether a backup is complete and unchanged, and its audit trail whole."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage

from voicestudio.models import AuditEntry
from voicestudio.services.audit import TrailBroken, verify_entries
from voicestudio.services.audit.verification import Head

from .faults import BackupFault
from .manifest import Manifest, open_checked, read_manifest, read_part
from .places import file_path
from .tables import AUDIT_ENTRIES, as_columns


def verify_backup(place: Storage, name: str = "") -> Manifest:
    """Read all of a backup, by default the newest. Raises `BackupFault` at the first fault."""
    manifest = read_manifest(place, name)
    for label, part in manifest.tables.items():
        rows = read_part(place, part)
        if label == AUDIT_ENTRIES:
            _verify_trail(rows, manifest.audit_head)
        deque(rows, maxlen=0)
    for entry in read_part(place, manifest.files):
        if entry["sha256"]:
            with open_checked(place, file_path(entry["sha256"]), entry["bytes"], entry["sha256"]):
                pass
    return manifest


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
