"""Backup: write the rows of one moment and the files that they name to a place."""

import logging
import tempfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from voicestudio import __version__
from voicestudio.models import AuditChain, Studio, clock
from voicestudio.services import audit, storage
from voicestudio.services.paid_calls import journal

from .faults import BackupFault
from .manifest import (
    Manifest,
    PartWriter,
    checksum_of,
    read_lines,
    read_manifest,
    read_part,
    write_manifest,
)
from .places import BACKUPS, file_path, has_file, marked_as_started, put_file
from .tables import JOURNAL, models_in_backup, read_file_names, snapshot, write_table
from .versions import applied_migrations

logger = logging.getLogger(__name__)


def make_backup(place: Storage) -> Manifest:
    """Write a backup of everything. Raises `BackupFault` or OSError; a repeat goes on.

    Until its manifest is written there is no backup. Files that are in the place already are not
    copied again.
    """
    _refuse_pending_migrations()
    audit.seal_entries()
    made_at = clock.now().astimezone(UTC)
    name = f"{made_at:%Y%m%dT%H%M%S%fZ}"
    with (
        marked_as_started(place, name),
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as draft,
    ):
        folder = Path(draft)
        files = _FileCopies(place, folder, f"{BACKUPS}/{name}/files.jsonl.gz")
        with files.list.opened():
            # Before the rows: an answer is in the journal until its row has it.
            files.copy_journal()
            with snapshot():
                tables = {
                    model._meta.label_lower: write_table(place, folder, name, model)
                    for model in models_in_backup()
                }
                names = _write_file_names(folder)
                head = AuditChain._default_manager.first()
                migrations = applied_migrations(connection)
            for row in names:
                files.copy(*row)
        manifest = Manifest(
            name=name,
            made_at=made_at.isoformat(),
            version=__version__,
            database=connection.vendor,
            migrations=migrations,
            audit_head=str(head or ""),
            tables=tables,
            files=files.list.put(place),
            file_bytes=files.bytes,
            missing_files=files.missing,
        )
        write_manifest(place, manifest)
    Studio.record_backup(made_at)
    return manifest


def _refuse_pending_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupFault("pending")


def _write_file_names(folder: Path) -> Iterator[tuple[str, int, str]]:
    """Note the files of the snapshot on the disk; read them when the snapshot has ended."""
    with PartWriter(folder, "names").opened() as writer:
        for row in read_file_names():
            writer.write(row)
    return _read_file_names(writer.draft)


def _read_file_names(path: Path) -> Iterator[tuple[str, int, str]]:
    with path.open("rb") as file:
        yield from read_lines(file)


class _FileCopies:
    """Copies files that the place does not have, and lists all of them."""

    def __init__(self, place: Storage, folder: Path, path: str) -> None:
        self.place = place
        self.list = PartWriter(folder, path)
        self.bytes = self.missing = 0
        self._previous = _read_previous(place)
        self._next = next(self._previous, None)

    def copy_journal(self) -> None:
        """Copy the answers of paid calls that are not in their rows yet."""
        for path in journal.files():
            size, checksum = self._copy_path(path)
            self._add({"row": [JOURNAL, 0], "name": path.name}, size, checksum)

    def copy(self, label: str, pk: int, name: str) -> None:
        """Copy the file that a row names; one that is gone is listed as missing."""
        entry: dict[str, Any] = {"row": [label, pk], "name": name}
        try:
            size, written_at = storage.size_and_time(name)
            entry["written_at"] = written_at.isoformat()
            known = self._find_known(entry | {"bytes": size})
            if known and has_file(self.place, file_path(known), size):
                self._add(entry, size, known)
                return
            with storage.local_file(name) as path:
                size, checksum = self._copy_path(path)
        except FileNotFoundError:
            logger.warning("The file %s is missing.", name)
            self.missing += 1
            self.list.write(entry | {"sha256": ""})
            return
        self._add(entry, size, checksum)

    def _copy_path(self, path: Path) -> tuple[int, str]:
        with path.open("rb") as file:
            size, checksum = checksum_of(file)
        if not has_file(self.place, file_path(checksum), size):
            put_file(self.place, file_path(checksum), path)
        return size, checksum

    def _add(self, entry: dict[str, Any], size: int, checksum: str) -> None:
        self.bytes += size
        self.list.write(entry | {"bytes": size, "sha256": checksum})

    def _find_known(self, entry: dict[str, Any]) -> str:
        """The checksum of this file in the backup before, if neither size nor time has changed.

        Both lists are in the same order, so that neither has to be kept in memory.
        """
        while self._next is not None and self._next["row"] < entry["row"]:
            self._next = next(self._previous, None)
        found = self._next or {}
        is_same = all(found.get(key) == value for key, value in entry.items())
        return found["sha256"] if is_same else ""


def _read_previous(place: Storage) -> Iterator[dict[str, Any]]:
    try:
        yield from read_part(place, read_manifest(place).files)
    except BackupFault:
        return  # there is none, or it is broken: every file is read
