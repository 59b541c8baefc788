"""Queue storage: huey's SQLite file, put aside and made anew when it cannot be read.

Only jobs are lost with the file. The rows of the studio say what is left to do, and the worker
enqueues it again (`worker.requeue_lost_calls`).
"""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from huey import Huey
from huey.storage import SqliteStorage

logger = logging.getLogger(__name__)

ASIDE: Final = "queue.broken-"
# One statement for each table: a file with other columns is of no use, either.
PROBES: Final = (
    "SELECT id, queue, data, priority FROM task LIMIT 1",
    "SELECT id, queue, data, timestamp FROM schedule LIMIT 1",
    "SELECT queue, key, value FROM kv LIMIT 1",
)


class ReplacingStorage(SqliteStorage):
    """huey's storage; a statement that meets a broken or deleted file is repeated on a new one."""

    _conn: sqlite3.Connection | None

    def __init__(self, *args: Any, **options: Any) -> None:
        self._path = Path(options["filename"])
        self._inode = 0
        super().__init__(*args, **options)

    def _create_connection(self) -> sqlite3.Connection:
        replace_if_broken(self._path)
        connection: sqlite3.Connection = super()._create_connection()
        for statement in self.ddl:  # each does nothing if it is done
            connection.execute(statement)
        self._inode = self._path.stat().st_ino
        return connection

    def close(self) -> bool:
        """Close the connection; another thread may have closed it just now."""
        with self.lock:  # huey's own method looks for a connection before it waits for the lock
            connection, self._conn = self._conn, None
        if connection is None:
            return False
        connection.close()
        return True

    @contextmanager
    def db(self, commit: bool = False, close: bool = False) -> Iterator[sqlite3.Cursor]:
        """A cursor; after an error in a broken file, the next cursor opens a new file."""
        if self._conn is not None and not self._has_same_file():
            self.close()
        try:
            with super().db(commit, close) as cursor:
                yield cursor
        except sqlite3.DatabaseError as error:
            if not is_busy(error):
                self.close()
            raise

    def sql(self, *args: Any, **options: Any) -> Any:
        """Run one statement, once more on a new connection if the file was broken."""
        try:
            return super().sql(*args, **options)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            if is_busy(error):
                raise
            return super().sql(*args, **options)

    def _has_same_file(self) -> bool:
        """Whether the open file still has its name: another process may have replaced it."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False


class Queue(Huey):
    """The queue of the studio.

    A job that cannot be entered is logged and no error: its row is committed, and the worker finds
    it there. An error would tell a person that nothing was requested.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, storage_class=ReplacingStorage, **options)

    def enqueue(self, task: Any) -> Any:
        """Enter a job."""
        try:
            return super().enqueue(task)
        except (sqlite3.Error, OSError):
            logger.exception("A job is not in the queue; the worker will find its row.")
            return None

    def put_result(self, key: str, data: Any) -> Any:
        """Store what Django's tasks know of a job."""
        try:
            return super().put_result(key, data)
        except (sqlite3.Error, OSError):
            logger.exception("The record of a job is not in the queue.")
            return None


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection only holds the file at the moment."""
    return "locked" in str(error) or "busy" in str(error)


def is_readable(path: Path) -> bool:
    """Whether the file is a queue, or is busy or missing, which is no reason to replace it."""
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            [result] = connection.execute("PRAGMA quick_check(1)").fetchone()
            for probe in PROBES:
                connection.execute(probe).fetchone()
    except sqlite3.OperationalError as error:
        # Busy, a full disk, too many open files, no table yet: the file may be sound.
        return path.is_file() and "no such column" not in str(error)
    except sqlite3.DatabaseError:
        return False
    return bool(result == "ok")


def replace_if_broken(path: Path) -> bool:
    """Put a queue that cannot be read aside under another name; whether that was done."""
    with (path.parent / "queue.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two processes that find it broken, one replaces it
        if is_readable(path):
            return False
        moment = datetime.now(UTC)
        aside = path.with_name(f"{ASIDE}{moment:%Y%m%d-%H%M%S-%f}.sqlite3")
        path.rename(aside)
        for part in ("-wal", "-shm"):
            path.with_name(path.name + part).unlink(missing_ok=True)
    logger.error("The queue could not be read. It is now %s, and a new one is filled.", aside.name)
    return True


def last_replaced_at(path: Path) -> str:
    """When a broken queue was put aside last, as its name says; "" if never."""
    aside = sorted(path.parent.glob(f"{ASIDE}*"))
    return aside[-1].stem.removeprefix(ASIDE) if aside else ""
