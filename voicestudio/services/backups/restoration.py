"""Restore: write the rows and files of a backup into an empty studio.

First the files, then all rows in one transaction: a restore that was broken off can be repeated.
The tables are those of the version that made the backup, and are migrated afterwards, so that
older rows change as they would have in place. Before that the rows are compared with the backup.
"""

from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from voicestudio.models import CallStatus, PaidCall, audit_triggers, clock
from voicestudio.services import hold, storage, stored_files
from voicestudio.services.paid_calls import journal
from voicestudio.words import Trouble

from . import contents, versions
from .faults import BackupFault
from .manifest import Manifest, read_manifest
from .progress import Report, report_nothing
from .tables import models_in_backup

# Lies beside the files while they are restored, where every machine of the studio finds it. It
# names the backup, so that a repeat may find files and rows.
MARK: Final = "restore_under_way"
MARK_SIZE: Final = 1000


@dataclass(frozen=True)
class Restored:
    """What was restored: `stopped` calls wait for a person, `unknown` ones have no answer."""

    manifest: Manifest
    stopped: int
    unknown: int


def restore(place: Storage, name: str = "", report: Report = report_nothing) -> Restored:
    """Restore a backup, by default the newest; a repeat goes on. Raises `BackupFault`, OSError."""
    manifest = read_manifest(place, name)
    begun, begun_with = _read_mark()
    used = _find_used_table()
    has_rows = bool(used) and (begun, begun_with) == (manifest.name, manifest.checksum)
    if not has_rows:
        _refuse_used_studio(used, goes_on=begun == manifest.name)
        executor = _check_versions(manifest)
        storage.put(MARK, ContentFile(f"{manifest.name} {manifest.checksum}".encode()))
        executor.migrate(versions.last_migrations(executor.loader, manifest.migrations))
        contents.load_files(place, manifest, report)
        registry = versions.models_of(executor.loader, manifest.migrations)
        # The trail is copied as a whole, with its seals, which its triggers refuse.
        with transaction.atomic(), audit_triggers.lifted(connection):
            contents.load_rows(place, manifest, registry, report)
            contents.compare_rows(place, manifest, registry, report)
            _stop_calls(registry)
            contents.reset_sequences(registry)
            connection.check_constraints()
    call_command("migrate", verbosity=0, stdout=StringIO())
    hold.start(manifest.name)
    contents.compare_files(place, manifest, report)
    storage.delete(MARK)
    calls: list[Any] = [kind._default_manager for kind in PaidCall.kinds()]
    return Restored(
        manifest,
        stopped=sum(rows.filter(trouble=Trouble.RESTORED).count() for rows in calls),
        unknown=sum(rows.in_state(CallStatus.UNKNOWN).count() for rows in calls),
    )


def _read_mark() -> tuple[str, str]:
    """Name and checksum of the backup whose restore was broken off; "" if there is none."""
    try:
        text = b"".join(storage.chunks(MARK, 0, MARK_SIZE)).decode()
    except FileNotFoundError:
        return "", ""
    name, _space, checksum = text.partition(" ")
    return name, checksum


def _check_versions(manifest: Manifest) -> MigrationExecutor:
    """Refuse a backup of a newer version, and a database whose tables are newer than the backup."""
    executor = MigrationExecutor(connection)
    if versions.has_unknown(executor.loader, manifest.migrations):
        raise BackupFault("newer", version=manifest.version)
    if not set(executor.loader.applied_migrations) <= versions.as_keys(manifest.migrations):
        raise BackupFault("schema")
    return executor


def _find_used_table() -> str:
    """The label of a table with rows that no migration has made; "" if there is none."""
    tables = set(connection.introspection.table_names())
    for model in models_in_backup():
        label, table = model._meta.label_lower, model._meta.db_table
        if table in tables and label not in contents.RENUMBERED:
            with connection.cursor() as cursor:  # its columns may be those of another version
                cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                (count,) = cursor.fetchone()
            if count > (label == contents.FIRST_PROJECT):
                return str(label)
    return ""


def _refuse_used_studio(used: str, *, goes_on: bool) -> None:
    """Refuse a studio with rows, or with files that no restore of the same backup has left."""
    if used:
        raise BackupFault("not_empty", what=f"the table {used} has rows")
    if goes_on:
        return
    for folder in stored_files.FOLDERS:
        for where, names in storage.walk(folder):
            if names:
                raise BackupFault("not_empty", what=f"the folder {where} has files")
    if journal.files():
        raise BackupFault("not_empty", what="the journal has answers")


def _stop_calls(registry: Any) -> None:
    """Take from the worker what was under way.

    A call that waited may have been sent since the backup was made, so that only a person starts it
    again. One that was sent has lost its worker.
    """
    now = clock.now()
    for kind in PaidCall.kinds():
        rows: Any = registry.get_model(kind._meta.label)._base_manager.all()
        rows.filter(status__in=(CallStatus.WAITING, CallStatus.SENDING)).update(
            status=CallStatus.INTERRUPTED, trouble=Trouble.RESTORED, finished_at=now,
            claim=None, lease_until=None, retry_at=None,
        )  # fmt: skip
        rows.filter(status=kind.IN_FLIGHT_STATUS).update(lease_until=now)
        rows.filter(status=CallStatus.UNKNOWN).update(lease_until=None, retry_at=None)
    studio: Any = registry.get_model("voicestudio.Studio")
    if hasattr(studio, "held_since"):  # from now on, even if what follows is broken off
        studio._base_manager.filter(held_since=None).update(held_since=now)
    workers = registry.get_model("voicestudio.Worker")._base_manager
    workers.filter(stopped_at=None).update(stopped_at=now)
