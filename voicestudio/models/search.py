"""Search: the text by which attempts are found, and its index on each kind of database."""

import unicodedata
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL

TABLE: Final = "voicestudio_cloneattempt"
INDEX: Final = "voicestudio_attempt_search"

# The index holds no text of its own ("external content"); triggers keep it level with the table.
_SQLITE_TABLE: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5("
    f"search_text, content='{TABLE}', content_rowid='id', tokenize='trigram case_sensitive 1')"
)
# ruff: noqa: S608 - what is put into these statements are the constants above
_INSERT: Final = f"INSERT INTO {INDEX}(rowid, search_text) VALUES (new.id, new.search_text);"
_DELETE: Final = (
    f"INSERT INTO {INDEX}({INDEX}, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
)
_SQLITE_TRIGGERS: Final = (
    f"CREATE TRIGGER IF NOT EXISTS {INDEX}_insert AFTER INSERT ON {TABLE} BEGIN {_INSERT} END",
    f"CREATE TRIGGER IF NOT EXISTS {INDEX}_delete AFTER DELETE ON {TABLE} BEGIN {_DELETE} END",
    (
        f"CREATE TRIGGER IF NOT EXISTS {INDEX}_update AFTER UPDATE OF search_text ON {TABLE} "
        f"BEGIN {_DELETE} {_INSERT} END"
    ),
)
_POSTGRESQL: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} USING gin (search_text gin_trgm_ops)",
)


def folded(text: str) -> str:
    """`text` as it is indexed and looked for: no case, no accents, one space at a time."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the index where it is missing; safe to repeat.

    SQLite rebuilds a table, and loses its triggers, whenever a migration alters it: this runs
    after every migrate.
    """
    statements: tuple[str, ...] = ()
    if connection.vendor == "sqlite":
        statements = (_SQLITE_TABLE, *_SQLITE_TRIGGERS)
    elif connection.vendor == "postgresql":
        statements = _POSTGRESQL
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Undo `install`."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for event in ("insert", "delete", "update"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{event}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        elif connection.vendor == "postgresql":
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


# A trigram index knows nothing of shorter texts.
SHORTEST: Final = 3
# SQLite collects all matches before it sorts them, so it is given them a window at a time, newest
# first: a word that stands in every attempt then costs no more than a rare one.
WINDOW: Final = 2000


def window(needle: str, *, before: int | None = None, after: int | None = None) -> RawSQL:
    """The ids of the `WINDOW` newest matches (oldest, with `after`), for SQLite.

    `needle` is folded and at least `SHORTEST` long; `before` and `after` are ids.
    """
    sql, params = _matches(needle, before, after)
    return RawSQL(f"{sql} LIMIT {WINDOW}", params)  # noqa: S611


def end_of_window(
    connection: BaseDatabaseWrapper,
    needle: str,
    *,
    before: int | None = None,
    after: int | None = None,
) -> int | None:
    """The last id in that window; None if it holds all matches that there are."""
    sql, params = _matches(needle, before, after)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT 1 OFFSET {WINDOW - 1}", params)
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _matches(needle: str, before: int | None, after: int | None) -> tuple[str, list[str | int]]:
    params: list[str | int] = ['"' + needle.replace('"', '""') + '"']
    bound, order = "", "DESC"
    if before is not None:
        bound = " AND rowid < %s"
        params.append(before)
    elif after is not None:
        bound, order = " AND rowid > %s", "ASC"
        params.append(after)
    return (
        f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s{bound} ORDER BY rowid {order}",
        params,
    )
