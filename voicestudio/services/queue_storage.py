"""Queue storage: where jobs wait, in a SQLite file, in PostgreSQL or in Redis.

Whatever happens to it, only jobs are lost. The rows of the studio say what is left to do, and the
worker enqueues it again (`worker.requeue_lost_calls`).
"""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
import redis
from django.db import connection as database
from huey import Huey
from huey.storage import PostgresStorage, PriorityRedisStorage, SqliteStorage

logger = logging.getLogger(__name__)

ASIDE: Final = "queue.broken-"
MOMENT: Final = "%Y%m%d-%H%M%S-%f"
# One statement for each table: a file with other columns is of no use, either.
PROBES: Final = (
    "SELECT id, queue, data, priority FROM task LIMIT 1",
    "SELECT id, queue, data, timestamp FROM schedule LIMIT 1",
    "SELECT queue, key, value FROM kv LIMIT 1",
)


class ReplacingStorage(SqliteStorage):
    """huey's SQLite file; after a broken or deleted one, a statement is repeated on a new one."""

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
    """The queue of the studio, in SQLite.

    A job that cannot be entered is logged and no error: its row is committed, and the worker finds
    it there. An error would tell a person that nothing was requested.
    """

    storage_class = ReplacingStorage
    errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)

    def enqueue(self, task: Any) -> Any:
        """Enter a job."""
        try:
            return super().enqueue(task)
        except self.errors:
            logger.exception("A job is not in the queue; the worker will find its row.")
            return None

    def put_result(self, key: str, data: Any) -> Any:
        """Store what Django's tasks know of a job."""
        try:
            return super().put_result(key, data)
        except self.errors:
            logger.exception("The record of a job is not in the queue.")
            return None


class PostgresQueue(Queue):
    """The queue in the database of the studio; a migration creates its tables."""

    storage_class = PostgresStorage
    errors = (psycopg.Error, OSError)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, connection=connect_to_database, create_tables=False, **options)
        self.on_shutdown()(self._stop_listening)

    def _stop_listening(self) -> None:
        """Close the connection on which a thread of the worker has waited; huey leaves it open."""
        connection = getattr(self.storage._listen_local, "conn", None)
        if connection is not None:
            connection.close()


class RedisQueue(Queue):
    """The queue in Redis or Valkey, at `url`."""

    storage_class = PriorityRedisStorage
    errors = (redis.RedisError, OSError)

    def __init__(self, *args: Any, url: str, **options: Any) -> None:
        # A person waits while a job is entered, so a Redis that hangs is given up soon.
        pool = redis.ConnectionPool.from_url(
            url, socket_connect_timeout=3, socket_timeout=5, health_check_interval=30
        )
        super().__init__(*args, connection_pool=pool, **options)


def connect_to_database() -> psycopg.Connection[Any]:
    """A connection of its own to the database, so that no transaction holds up the queue."""
    connection: psycopg.Connection[Any] = database.get_new_connection(
        database.get_connection_params()
    )
    return connection


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
        aside = path.with_name(f"{ASIDE}{moment:{MOMENT}}.sqlite3")
        path.rename(aside)
        for part in ("-wal", "-shm"):
            path.with_name(path.name + part).unlink(missing_ok=True)
    logger.error("The queue could not be read. It is now %s, and a new one is filled.", aside.name)
    return True


def last_replaced_at(path: Path) -> datetime | None:
    """When a broken queue was put aside last, as its name says; None if never."""
    aside = sorted(path.parent.glob(f"{ASIDE}*"))
    if not aside:
        return None
    return datetime.strptime(aside[-1].stem.removeprefix(ASIDE), MOMENT).replace(tzinfo=UTC)
