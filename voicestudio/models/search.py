"""Search: the text by which attempts are found, and its index on each kind of database."""

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.expressions import RawSQL
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from .attempt_queryset import CloneAttemptQuerySet
    from .attempts import CloneAttempt

# Ids are 64 bits wide; a larger number in an address is no row's.
LARGEST_ID: Final = 2**63 - 1
TABLE: Final = "voicestudio_cloneattempt"
INDEX: Final = "voicestudio_attempt_search"
VOCABULARY: Final = "voicestudio_attempt_trigrams"

# The index holds no text of its own ("external content"); triggers keep it level with the table.
_SQLITE_TABLE: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5("
    f"search_text, content='{TABLE}', content_rowid='id', tokenize='trigram case_sensitive 1')"
)
_SQLITE_VOCABULARY: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {VOCABULARY} USING fts5vocab('{INDEX}', 'instance')"
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
PAIRS: Final = "voicestudio_attempt_pairs"
# Between any two letters, so that two of them, and even one, make a trigram. It counts as a letter
# itself: to PostgreSQL, anything else would end the word.
_BETWEEN: Final = "\u01c0"
_SPREAD: Final = f"('{_BETWEEN}' || regexp_replace(%s, '(.)', '\\1{_BETWEEN}', 'g'))"
_POSTGRESQL: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} USING gin (search_text gin_trgm_ops)",
    (
        f"CREATE INDEX IF NOT EXISTS {PAIRS} ON {TABLE} "
        f"USING gin ({_SPREAD % 'search_text'} gin_trgm_ops)"
    ),
)


def folded(text: str) -> str:
    """`text` as it is indexed and looked for: no case, no accents, one space at a time."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def indexed(text: str) -> str:
    """`text` as it is kept for the index: folded, and with blanks after it, so that its last two
    letters begin a trigram as well.
    """
    return f"{folded(text)}  "


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the index where it is missing; safe to repeat.

    SQLite rebuilds a table, and loses its triggers, whenever a migration alters it: this runs
    after every migrate.
    """
    statements: tuple[str, ...] = ()
    if connection.vendor == "sqlite":
        statements = (_SQLITE_TABLE, *_SQLITE_TRIGGERS, _SQLITE_VOCABULARY)
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
            cursor.execute(f"DROP TABLE IF EXISTS {VOCABULARY}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        elif connection.vendor == "postgresql":
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}, {PAIRS}")


# Finding ------------------------------------------------------------------------------------------

# A trigram index knows nothing of shorter texts by itself.
SHORTEST: Final = 3
# A short text that begins more trigrams than this is so common that the index is of no help.
MOST_TRIGRAMS: Final = 40
# How far each way is gone before the other one has its turn: so many rows, then times GROWTH.
STRETCH: Final = 1000
GROWTH: Final = 4


class Bounds(NamedTuple):
    """Between which ids to look, and from which end: `after` means upwards from there.

    `lowest` and `highest` are themselves within the bounds.
    """

    before: int | None = None
    after: int | None = None
    lowest: int = 0
    highest: int = LARGEST_ID


def find(
    rows: "CloneAttemptQuerySet", words: str, count: int, bounds: Bounds, *, filtered: bool
) -> list["CloneAttempt"]:
    """The first `count` of `rows` whose speaker, voice ID or preview text holds `words`.

    In any case and accent. `rows` are ordered by id and keep to `bounds` already; `filtered` says
    whether they keep to anything else. The one place that knows how each kind of database finds
    words.
    """
    needle = folded(words)
    if not needle:
        return list(rows[:count])
    connection = connections[rows.db]
    if connection.vendor != "sqlite":
        return list(_holding(rows, needle)[:count])
    if len(needle) >= SHORTEST and not filtered:
        return list(rows.filter(pk__in=_Matches(connection, needle, bounds).first(count)))
    return _find_both_ways(rows, needle, count, _Matches(connection, needle, bounds))


class _Spread(Func):
    """A text with a mark around each of its letters, as the index of pairs has it."""

    template = _SPREAD % "%(expressions)s"
    output_field = TextField()


def _holding(rows: "CloneAttemptQuerySet", needle: str) -> "CloneAttemptQuerySet":
    """Those that hold a text; which index serves best, PostgreSQL knows from its statistics."""
    if len(needle) >= SHORTEST:
        return rows.filter(search_text__contains=needle)
    marked = "".join(f"{_BETWEEN}{letter}" for letter in needle) + _BETWEEN
    return rows.alias(spread=_Spread("search_text")).filter(spread__contains=marked)


def _find_both_ways(
    rows: "CloneAttemptQuerySet", needle: str, count: int, matches: "_Matches"
) -> list["CloneAttempt"]:
    """By turns, ever further, along the matches of the words and along the rows of the filters.

    SQLite does not know which of two conditions is the rarer one, and each way alone may lead past
    a million rows. Gone both at once, the shorter one brings the end, whichever it is.
    """
    stretch = STRETCH
    # Short texts are mostly common ones: the first rows tell sooner than the index.
    along_matches = len(needle) >= SHORTEST
    while True:
        if along_matches and matches.indexed:
            found = list(rows.filter(pk__in=matches.first(stretch))[:count])
            if len(found) == count or not matches.reach(stretch):
                return found
        ids = rows.values("pk")[:stretch]
        found = list(rows.filter(pk__in=ids, search_text__contains=needle)[:count])
        if len(found) == count or not rows.values("pk")[stretch - 1 : stretch]:
            return found
        stretch *= GROWTH
        along_matches = True


class _Matches:
    """What SQLite's index finds of one text, by id, from one end of some bounds."""

    def __init__(self, connection: BaseDatabaseWrapper, needle: str, bounds: Bounds) -> None:
        self.connection = connection
        self.needle = needle
        self.bounds = bounds

    @cached_property
    def expression(self) -> str | None:
        """The text as FTS5 looks for it; None if it is too short and too common for that."""
        if len(self.needle) >= SHORTEST:
            return _quoted(self.needle)
        trigrams = self._trigrams()
        if len(trigrams) > MOST_TRIGRAMS:
            return None
        # Looking for nothing finds nothing.
        return " OR ".join(map(_quoted, trigrams)) or _quoted("")

    @property
    def indexed(self) -> bool:
        """Whether the index is of any help."""
        return self.expression is not None

    def first(self, count: int) -> RawSQL:
        """The ids of the first `count` matches."""
        sql, params = self._sql()
        return RawSQL(f"{sql} LIMIT {count}", params)  # noqa: S611

    def reach(self, count: int) -> bool:
        """Whether there are at least `count` matches."""
        sql, params = self._sql()
        with self.connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT 1 OFFSET {count - 1}", params)
            return cursor.fetchone() is not None

    def _trigrams(self) -> list[str]:
        """The trigrams in the index that begin with a short text, up to one more than are used.

        From each to the next one that differs: the vocabulary has a row for every occurrence.
        """
        found: list[str] = []
        beyond = self.needle
        with self.connection.cursor() as cursor:
            while len(found) <= MOST_TRIGRAMS:
                cursor.execute(f"SELECT term FROM {VOCABULARY} WHERE term >= %s LIMIT 1", [beyond])
                row = cursor.fetchone()
                if row is None or not row[0].startswith(self.needle):
                    break
                found.append(row[0])
                beyond = f"{row[0]}\x01"
        return found

    def _sql(self) -> tuple[str, list[str | int]]:
        assert self.expression is not None
        lowest, highest, order = self.bounds.lowest, self.bounds.highest, "DESC"
        if self.bounds.after is not None:
            lowest, order = max(lowest, self.bounds.after + 1), "ASC"
        elif self.bounds.before is not None:
            highest = min(highest, self.bounds.before - 1)
        return (
            f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s AND rowid BETWEEN %s AND %s "
            f"ORDER BY rowid {order}",
            [self.expression, lowest, highest],
        )


def _quoted(text: str) -> str:
    """`text` as FTS5 takes it literally."""
    return '"' + text.replace('"', '""') + '"'
