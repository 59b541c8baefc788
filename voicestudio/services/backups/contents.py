"""Contents: the files and rows of a backup are written here, and compared with the backup."""

from collections.abc import Iterator
from itertools import batched, zip_longest
from typing import Any, Final

from django.core.files import File
from django.core.files.storage import Storage
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection
from django.db.models import DateField, Model

from voicestudio.services import storage, stored_files
from voicestudio.services.paid_calls import journal

from .faults import BackupFault
from .manifest import Manifest, checksum_of, open_checked, read_part
from .places import file_path
from .progress import Report, Step, reported
from .tables import CHUNK, JOURNAL, as_columns, models_in_backup, read_rows

# Migrations make rows of these, whose IDs may differ from those of the backup.
RENUMBERED: Final = frozenset({"auth.permission", "contenttypes.contenttype"})
FIRST_PROJECT: Final = "voicestudio.project"


def load_files(place: Storage, manifest: Manifest, report: Report) -> None:
    """Write the files that are not here yet. Raises `BackupFault`, OSError."""
    for entry in _read_files(place, manifest, report, Step.WRITE_FILES):
        if _is_here(entry):
            continue
        path = file_path(entry["sha256"])
        with open_checked(place, path, entry["bytes"], entry["sha256"]) as file:
            if entry["row"][0] == JOURNAL:
                journal.folder().mkdir(mode=0o700, exist_ok=True)
                (journal.folder() / entry["name"]).write_bytes(file.read())
            else:
                storage.put(entry["name"], File(file))


def compare_files(place: Storage, manifest: Manifest, report: Report) -> None:
    """Read all files that were written. Raises `BackupFault` if one isn't as in the backup."""
    for entry in _read_files(place, manifest, report, Step.COMPARE_FILES):
        if not _is_here(entry):
            raise BackupFault("incomplete", what=entry["name"])


def load_rows(place: Storage, manifest: Manifest, registry: Any, report: Report) -> None:
    """Write all rows, into tables that have only what migrations write. Raises `BackupFault`."""
    models = {model._meta.label_lower: model for model in models_in_backup(registry)}
    for label in (*RENUMBERED, FIRST_PROJECT):
        models[label]._base_manager.all()._raw_delete(connection.alias)
    done = 0
    for label, part in manifest.tables.items():
        model = models[label]
        _keep_times(model)
        rows = (model(**as_columns(model, row)) for row in read_part(place, part))
        for batch in batched(rows, CHUNK, strict=False):
            try:
                model._base_manager.bulk_create(batch)
            except (DataError, IntegrityError) as error:
                raise BackupFault("refused", what=label, reason=error) from error
            done += len(batch)
            report(Step.WRITE_ROWS, done, manifest.rows)


def compare_rows(place: Storage, manifest: Manifest, registry: Any, report: Report) -> None:
    """Read all rows again, and compare each value. Raises `BackupFault`.

    Values are compared, and no checksum of them, because the databases write equal ones in
    different ways: JSON on PostgreSQL has another order.
    """
    models = {model._meta.label_lower: model for model in models_in_backup(registry)}
    tables = manifest.tables.items()
    for label, part in reported(report, Step.COMPARE_ROWS, tables, len(tables)):
        model = models[label]
        expected = (as_columns(model, row) for row in read_part(place, part))
        for row, found in zip_longest(expected, read_rows(model)):
            if row != found:
                raise BackupFault("incomplete", what=f"the table {label}")


def reset_sequences(registry: Any) -> None:
    """Let PostgreSQL number new rows after the loaded ones; SQLite does so by itself."""
    models: list[type[Model]] = models_in_backup(registry)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _read_files(
    place: Storage, manifest: Manifest, report: Report, step: Step
) -> Iterator[dict[str, Any]]:
    """The files of a backup, without those that were missing when it was made."""
    entries = read_part(place, manifest.files)
    for entry in reported(report, step, entries, manifest.files.lines):
        if entry["sha256"]:
            yield entry


def _is_here(entry: dict[str, Any]) -> bool:
    """Whether the file is here, byte for byte."""
    try:
        return _facts(entry) == (entry["bytes"], entry["sha256"])
    except FileNotFoundError:
        return False


def _facts(entry: dict[str, Any]) -> tuple[int, str]:
    """The size of the file that is here under this name, and its checksum if the size fits."""
    if entry["row"][0] == JOURNAL:
        with (journal.folder() / entry["name"]).open("rb") as file:
            return checksum_of(file)
    size, _written_at = storage.size_and_time(entry["name"])
    fits = size == entry["bytes"]
    return size, stored_files.checksum(entry["name"], size) if fits else ""


def _keep_times(model: type[Model]) -> None:
    """Let a row keep the times that Django would set anew; the class is of this restore alone."""
    for field in model._meta.concrete_fields:
        if isinstance(field, DateField):
            field.auto_now = field.auto_now_add = False
