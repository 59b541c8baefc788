"""Backup tables: which rows belong to a backup, read at one moment.

`dumpdata` was looked at: it keeps the rows of a model in memory, and needs the classes of the
version that made them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.files.storage import Storage
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import FileField, Model

from .manifest import Part, PartWriter
from .places import BACKUPS

CHUNK: Final = 500
AUDIT_ENTRIES: Final = "voicestudio.auditentry"
# Stands where other files have the label of their column.
JOURNAL: Final = "journal"
# What signs somebody in, and what the next start makes again. Links are left out, too: one that was
# revoked after the backup must not come back with it. Drafts neither: they are handed back once.
LEFT_OUT: Final = frozenset(
    {
        "account.emailconfirmation", "sessions.session", "socialaccount.socialapp",
        "socialaccount.socialtoken", "usersessions.usersession", "voicestudio.draft",
        "voicestudio.draftfile", "voicestudio.invitation", "voicestudio.knownsettings",
        "voicestudio.machine",
    }
)  # fmt: skip


@contextmanager
def snapshot() -> Iterator[None]:
    """All that the block reads is of one moment, and others can write meanwhile."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Not `atomic`, which would lock out everybody who writes. A reader of the write-ahead log
    # reads on in the state of its first query.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def models_in_backup(registry: Any = apps) -> list[type[Model]]:
    """The models whose rows are saved, by label; `registry` may be that of another version."""
    models = registry.get_models(include_auto_created=True)
    saved = [model for model in models if model._meta.label_lower not in LEFT_OUT]
    return sorted(saved, key=lambda model: str(model._meta.label_lower))


def read_rows(model: type[Model], using: str = DEFAULT_DB_ALIAS) -> Iterator[dict[str, Any]]:
    """The rows of a table by column, one after the other."""
    columns = [field.attname for field in model._meta.concrete_fields]
    rows: Any = model._base_manager.using(using).order_by("pk").values(*columns)
    if model._meta.label_lower == AUDIT_ENTRIES:
        # In the order of the chain, so that it can be verified without sorting it.
        sealed = rows.exclude(sequence=None).order_by("sequence")
        return chain(sealed.iterator(CHUNK), rows.filter(sequence=None).iterator(CHUNK))
    found: Iterator[dict[str, Any]] = rows.iterator(CHUNK)
    return found


def write_table(
    place: Storage, folder: Path, name: str, model: Any, using: str = DEFAULT_DB_ALIAS
) -> Part:
    """Write the rows of a table to the backup called `name`; `folder` is for drafts."""
    path = f"{BACKUPS}/{name}/rows/{model._meta.label_lower}.jsonl.gz"
    with PartWriter(folder, path).opened() as writer:
        for row in read_rows(model, using):
            writer.write(row)
    return writer.put(place)


def as_columns(model: type[Model], row: dict[str, Any]) -> dict[str, Any]:
    """A row as it was read from JSON, with the types of its columns."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in row.items()}


def file_columns(registry: Any = apps) -> list[tuple[str, type[Model], str]]:
    """Every column with the name of a file: (label, model, column), by label."""
    found = [
        (f"{model._meta.label_lower}.{field.name}", model, field.name)
        for model in models_in_backup(registry)
        for field in model._meta.concrete_fields
        if isinstance(field, FileField)
    ]
    return sorted(found, key=lambda column: column[0])


def read_file_names(
    registry: Any = apps, using: str = DEFAULT_DB_ALIAS
) -> Iterator[tuple[str, int, str]]:
    """The files that rows name: (label of the column, key of the row, name), by both."""
    for label, model, field in file_columns(registry):
        named = model._base_manager.using(using).exclude(**{field: ""}).order_by("pk")
        for pk, name in named.values_list("pk", field).iterator(CHUNK):
            yield label, pk, name
