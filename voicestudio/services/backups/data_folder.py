"""Data folder: the SQLite database of a studio that is not running, read without a change to it."""

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from .faults import BackupFault

# The name of the connection to the copy.
SOURCE: Final = "source"
# What `manage.py studio` locks, web server and worker.
LOCKS: Final = ("web.lock", "worker.lock")
# The database, and what SQLite has not written into it yet.
SUFFIXES: Final = ("", "-wal", "-journal")


@contextmanager
def locked(folder: Path) -> Iterator[frozenset[str]]:
    """Let no studio start on the folder while the block runs. Raises `BackupFault` if one runs.

    Yields the locks that it has. A folder that only `manage.py` has used has none, and is not
    changed: see `refuse_new_locks`.
    """
    with ExitStack() as stack:
        held = set[str]()
        for name in LOCKS:
            with suppress(FileNotFoundError):  # none has ever been started
                lock = stack.enter_context((folder / name).open("rb"))
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise BackupFault("source_in_use", folder=folder) from error
                held.add(name)
        yield frozenset(held)


def refuse_new_locks(folder: Path, held: frozenset[str]) -> None:
    """Raise `BackupFault` if a studio was started that found no lock to wait for."""
    if any((folder / name).exists() for name in LOCKS if name not in held):
        raise BackupFault("source_in_use", folder=folder)


@contextmanager
def copied_database(folder: Path, draft: Path) -> Iterator[None]:
    """The connection `SOURCE`, to a copy of the database. Raises `BackupFault`, OSError.

    SQLite itself would write beside a database that it only reads, so that it opens the copy.
    """
    copy = draft / settings.SQLITE_FILE_NAME
    _copy_files(folder, copy)
    _refuse_damage(folder, copy)
    # A handler of its own, because Django's takes no database after the start.
    engine = "django.db.backends.sqlite3"
    database = {"ENGINE": engine, "NAME": str(copy), "OPTIONS": settings.SQLITE_OPTIONS}
    connections[SOURCE] = ConnectionHandler({DEFAULT_DB_ALIAS: {}, SOURCE: database})[SOURCE]
    try:
        yield
    finally:
        connections[SOURCE].close()
        del connections[SOURCE]


def _copy_files(folder: Path, copy: Path) -> None:
    before = _sizes_and_times(folder)
    if not before:
        raise BackupFault("no_source", folder=folder, file=settings.SQLITE_FILE_NAME)
    for path in before:
        shutil.copyfile(path, copy.with_name(path.name))
    # Another program, such as a command, has no lock on the folder.
    if _sizes_and_times(folder) != before:
        raise BackupFault("source_in_use", folder=folder)


def _sizes_and_times(folder: Path) -> dict[Path, tuple[int, int]]:
    """The files of the database; empty if there is no database."""
    paths = [folder / f"{settings.SQLITE_FILE_NAME}{suffix}" for suffix in SUFFIXES]
    facts = {path: path.stat() for path in paths if path.is_file()}
    if paths[0] not in facts:
        return {}
    return {path: (found.st_size, found.st_mtime_ns) for path, found in facts.items()}


def _refuse_damage(folder: Path, copy: Path) -> None:
    try:
        with closing(sqlite3.connect(copy)) as database:
            (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupFault("source_broken", folder=folder, reason=error) from error
    if found != "ok":
        raise BackupFault("source_broken", folder=folder, reason=found)
