"""Restore: write the rows and files of a backup into an empty studio.

First the files, then all rows in one transaction: a restore that was broken off can be repeated.
The tables are those of the version that made the backup, and are migrated afterwards, so that
older rows change as they would have in place.
"""

import logging
from dataclasses import dataclass
from io import StringIO
from itertools import batched
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import DateField, Model

from voicestudio.models import CallStatus, PaidCall, audit_triggers, clock
from voicestudio.services import hold, storage, stored_files
from voicestudio.services.paid_calls import journal
from voicestudio.words import Trouble

from .backup import JOURNAL
from .faults import BackupFault
from .manifest import Manifest, open_checked, read_manifest, read_part
from .places import file_path
from .tables import CHUNK, as_columns, models_in_backup

logger = logging.getLogger(__name__)

# Migrations make rows of these, whose IDs may differ from those of the backup.
RENUMBERED: Final = frozenset({"auth.permission", "contenttypes.contenttype"})
FIRST_PROJECT: Final = "voicestudio.project"
# Names the backup while its files are restored, so that a repeat may find files.
MARK: Final = "restore_under_way"


@dataclass(frozen=True)
class Restored:
    """What was restored: `stopped` calls wait for a person, `unknown` ones have no answer."""

    manifest: Manifest
    stopped: int
    unknown: int


def restore(place: Storage, name: str = "") -> Restored:
    """Restore a backup, by default the newest; a repeat goes on. Raises `BackupFault`, OSError."""
    manifest = read_manifest(place, name)
    mark = Path(settings.DATA_DIR) / MARK
    goes_on = mark.exists() and mark.read_text() == manifest.name
    used = _find_used_table()
    if not (goes_on and used):  # else all rows are here
        _refuse_used_studio(used, goes_on=goes_on)
        executor = _check_versions(manifest)
        mark.write_text(manifest.name)
        targets = _last_migrations(executor, manifest)
        executor.migrate(targets)
        _restore_files(place, manifest)
        registry = executor.loader.project_state(targets).apps
        # The trail is copied as a whole, with its seals, which its triggers refuse.
        with transaction.atomic(), audit_triggers.lifted(connection):
            _load_rows(place, manifest, registry)
            _stop_calls(registry)
            _reset_sequences(registry)
            connection.check_constraints()
    call_command("migrate", verbosity=0, stdout=StringIO())
    hold.start()
    _compare(place, manifest)
    mark.unlink()
    calls: list[Any] = [kind._default_manager for kind in PaidCall.kinds()]
    return Restored(
        manifest,
        stopped=sum(rows.filter(trouble=Trouble.RESTORED).count() for rows in calls),
        unknown=sum(rows.in_state(CallStatus.UNKNOWN).count() for rows in calls),
    )


# Before ------------------------------------------------------------------------------------------


def _check_versions(manifest: Manifest) -> MigrationExecutor:
    """Refuse a backup of a newer version, and a database whose tables are newer than the backup."""
    executor = MigrationExecutor(connection)
    known = {(app, name) for app, names in manifest.migrations.items() for name in names}
    if not known <= executor.loader.graph.nodes.keys() | executor.loader.replacements.keys():
        raise BackupFault("newer", version=manifest.version)
    applied = set(executor.loader.applied_migrations)
    if not applied <= known:
        raise BackupFault("schema")
    return executor


def _find_used_table() -> str:
    """The label of a table with rows that no migration has made; "" if there is none."""
    tables = set(connection.introspection.table_names())
    for model in models_in_backup():
        label, table = model._meta.label_lower, model._meta.db_table
        if table in tables and label not in RENUMBERED:
            with connection.cursor() as cursor:  # its columns may be those of another version
                cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                (count,) = cursor.fetchone()
            if count > (label == FIRST_PROJECT):
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


def _last_migrations(executor: MigrationExecutor, manifest: Manifest) -> list[tuple[str, str]]:
    """The last migration of each app that the backup has."""
    graph = executor.loader.graph
    applied = {
        (app, name)
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) in graph.nodes
    }
    return sorted(
        key
        for key in applied
        if not any(
            child.key[0] == key[0] and child.key in applied
            for child in graph.node_map[key].children
        )
    )


# Files and rows ----------------------------------------------------------------------------------


def _restore_files(place: Storage, manifest: Manifest) -> None:
    for entry in read_part(place, manifest.files):
        if not entry["sha256"]:
            continue
        path = file_path(entry["sha256"])
        if entry["row"][0] != JOURNAL and _is_stored(entry):
            continue
        with open_checked(place, path, entry["bytes"], entry["sha256"]) as file:
            if entry["row"][0] == JOURNAL:
                journal.folder().mkdir(mode=0o700, exist_ok=True)
                (journal.folder() / entry["name"]).write_bytes(file.read())
            else:
                storage.put(entry["name"], File(file))


def _is_stored(entry: dict[str, Any]) -> bool:
    """Whether the file is here already, after a restore that was broken off or for another row."""
    try:
        size, _written_at = storage.size_and_time(entry["name"])
    except FileNotFoundError:
        return False
    return (
        bool(size == entry["bytes"])
        and stored_files.checksum(entry["name"], size) == entry["sha256"]
    )


def _load_rows(place: Storage, manifest: Manifest, registry: Any) -> None:
    models = {model._meta.label_lower: model for model in models_in_backup(registry)}
    for label in (*RENUMBERED, FIRST_PROJECT):
        models[label]._base_manager.all()._raw_delete(connection.alias)
    for label, part in manifest.tables.items():
        model = models[label]
        _keep_times(model)
        rows = (model(**as_columns(model, row)) for row in read_part(place, part))
        for batch in batched(rows, CHUNK, strict=False):
            model._base_manager.bulk_create(batch)


def _keep_times(model: type[Model]) -> None:
    """Let a row keep the times that Django would set anew; the class is of this restore alone."""
    for field in model._meta.concrete_fields:
        if isinstance(field, DateField):
            field.auto_now = field.auto_now_add = False


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


def _reset_sequences(registry: Any) -> None:
    """Let PostgreSQL number new rows after the restored ones; SQLite does so by itself."""
    models: list[type[Model]] = models_in_backup(registry)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


# After -------------------------------------------------------------------------------------------


def _compare(place: Storage, manifest: Manifest) -> None:
    """Count the rows and read the files that are here now. Raises `BackupFault`."""
    models = {model._meta.label_lower: model for model in models_in_backup()}
    for label, part in manifest.tables.items():
        # A migration may have added rows, or a table may have gone.
        if label in models and models[label]._base_manager.count() < part.lines:
            raise BackupFault("incomplete", what=label)
    for entry in read_part(place, manifest.files):
        if entry["sha256"] and entry["row"][0] != JOURNAL and not _is_stored(entry):
            raise BackupFault("incomplete", what=entry["name"])
