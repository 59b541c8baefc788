"""Search for attempts, with an index for each kind of database.

django.contrib.postgres.search was looked at: it finds whole words, while staff type parts of names
and IDs, and it has nothing for SQLite.
"""

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from anyascii import anyascii
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, QuerySet, TextField
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

# The index has no text of its own ("external content"); triggers keep it in sync with the table.
_SQLITE_TABLE: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5("
    f"search_text, content='{TABLE}', content_rowid='id', tokenize='trigram case_sensitive 1')"
)
_SQLITE_VOCABULARY: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {VOCABULARY} USING fts5vocab('{INDEX}', 'instance')"
)
# ruff: noqa: S608 - only the constants above are put into these statements
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
# A mark around each letter, so that even one or two letters make a trigram. It counts as a letter
# itself, because anything else would end the word for PostgreSQL.
_MARK: Final = "\u01c0"
# The text with its marks, as SQL.
MARKED: Final = f"('{_MARK}' || regexp_replace(%s, '(.)', '\\1{_MARK}', 'g'))"


def fold_text(text: str) -> str:
    """Return `text` as it is indexed and searched for.

    Without case, accents and invisible characters, with Latin letters as people type them on other
    keyboards (l for ł, ss for ß), and with single spaces. What it returns is stored: a change here
    needs a migration that folds the stored texts again.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(map(_fold_character, decomposed))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def contains_words(words: str, *texts: str) -> bool:
    """Whether one of these texts contains `words`, in any case and accent.

    For the names that are few enough to be read: databases differ in case and accents.
    """
    needle = fold_text(words)
    return any(needle in fold_text(text) for text in texts)


@lru_cache(maxsize=4096)
def _fold_character(char: str) -> str:
    if char.isascii():
        return char
    name = unicodedata.name(char, "")
    # Joiners, soft hyphens and marks of direction (Cf), and selectors of an emoji's look.
    is_invisible = unicodedata.category(char) == "Cf" or "VARIATION SELECTOR" in name
    if unicodedata.combining(char) or is_invisible:
        return ""
    # Letters such as ł have no decomposition. Other scripts are searched as they are written.
    return anyascii(char).lower() if name.startswith("LATIN ") else char


def index_text(text: str) -> str:
    """Return `text` for the index: folded, with blanks so that its last letters begin a trigram."""
    return f"{fold_text(text)}  "


def install_index(connection: BaseDatabaseWrapper) -> None:
    """Create the index on SQLite where it is missing; safe to repeat.

    SQLite rebuilds a table, and loses its triggers, when a migration alters it: this runs after
    every migrate. The indexes of PostgreSQL are in the migration.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in (_SQLITE_TABLE, *_SQLITE_TRIGGERS, _SQLITE_VOCABULARY):
                cursor.execute(statement)


def remove_index(connection: BaseDatabaseWrapper) -> None:
    """Undo `install_index`."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for event in ("insert", "delete", "update"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{event}")
            cursor.execute(f"DROP TABLE IF EXISTS {VOCABULARY}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")


# Search -------------------------------------------------------------------------------------------

# A trigram index cannot find shorter texts directly.
SHORTEST: Final = 3
# A short text that begins more trigrams than this is so common that the index does not help.
MOST_TRIGRAMS: Final = 40
# How many rows are read from one side before the other side is tried; then times GROWTH.
STRETCH: Final = 1000
GROWTH: Final = 4


class Bounds(NamedTuple):
    """The ids to search between, upwards if `after` is given; `lowest` and `highest` included."""

    before: int | None = None
    after: int | None = None
    lowest: int = 0
    highest: int = LARGEST_ID


def find_rows(
    rows: "CloneAttemptQuerySet", words: str, count: int, bounds: Bounds, *, filtered: bool
) -> list["CloneAttempt"]:
    """Return the first `count` of `rows` whose speaker, voice ID or preview text contains `words`.

    In any case and accent. `rows` are ordered by id and within `bounds` already; `filtered` says
    whether they have other filters.
    """
    needle = fold_text(words)
    if not needle:
        return rows.first_rows(count, bounds)
    connection = connections[rows.db]
    if connection.vendor != "sqlite":
        return filter_containing(rows, needle).first_rows(count, bounds)
    if len(needle) >= SHORTEST and not filtered:
        return list(rows.filter(pk__in=_Matches(connection, needle, bounds).first(count)))
    return _find_both_ways(rows, needle, count, _Matches(connection, needle, bounds))


class _Marked(Func):
    """A text with a mark around each of its letters, as in the index of pairs."""

    template = MARKED % "%(expressions)s"
    output_field = TextField()


def filter_containing[Rows: QuerySet[Any]](rows: Rows, needle: str) -> Rows:
    """Those of `rows` whose `search_text` contains a folded text.

    PostgreSQL chooses between the order of the rows and an index by its statistics. A short text is
    looked for twice: the index of pairs needs the marks, and where that is not used, the text alone
    is compared first, which takes a tenth of the time.
    """
    rows = rows.filter(search_text__contains=needle)
    if len(needle) >= SHORTEST or connections[rows.db].vendor == "sqlite":
        return rows
    letters = "".join(f"{_MARK}{letter}" for letter in needle) + _MARK
    return rows.alias(marked=_Marked("search_text")).filter(marked__contains=letters)


def _find_both_ways(
    rows: "CloneAttemptQuerySet", needle: str, count: int, matches: "_Matches"
) -> list["CloneAttempt"]:
    """Read matches of the words and rows of the filters in turns, more of them each time.

    SQLite does not know which of the two conditions is rarer, and either one alone may read a
    million rows. In turns, the shorter of the two ends the search.
    """
    stretch = STRETCH
    # Short texts are mostly common, so that the first rows have them sooner than the index.
    along_matches = len(needle) >= SHORTEST
    while True:
        if along_matches and matches.is_indexed:
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
    """The matches of one text in SQLite's index, ordered by id, within some bounds."""

    def __init__(self, connection: BaseDatabaseWrapper, needle: str, bounds: Bounds) -> None:
        self.connection = connection
        self.needle = needle
        self.bounds = bounds

    @cached_property
    def expression(self) -> str | None:
        """The text as an FTS5 query; None if it is too short and too common for the index."""
        if len(self.needle) >= SHORTEST:
            return _quote(self.needle)
        trigrams = self._trigrams()
        if len(trigrams) > MOST_TRIGRAMS:
            return None
        # An empty query finds nothing.
        return " OR ".join(map(_quote, trigrams)) or _quote("")

    @property
    def is_indexed(self) -> bool:
        """Whether the index can be used."""
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
        """The trigrams in the index that begin with a short text, at most one more than are used.

        Each query skips to the next trigram, because the vocabulary has a row for each occurrence.
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
            lowest, order = max(lowest, min(self.bounds.after, LARGEST_ID - 1) + 1), "ASC"
        elif self.bounds.before is not None:
            highest = min(highest, self.bounds.before - 1)
        return (
            f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s AND rowid BETWEEN %s AND %s "
            f"ORDER BY rowid {order}",
            [self.expression, lowest, highest],
        )


def _quote(text: str) -> str:
    """`text` as an FTS5 string."""
    return '"' + text.replace('"', '""') + '"'
