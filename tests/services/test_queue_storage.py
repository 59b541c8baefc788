"""A queue that cannot be read is put aside, made anew and filled again."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from voicestudio.services.queue_storage import ASIDE, Queue, last_replaced_at, replace_if_broken


def make_garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 400)


def cut_off(path: Path) -> None:
    queue = Queue(filename=str(path))
    for number in range(200):
        queue.storage.enqueue(bytes(2_000) + str(number).encode())
    queue.storage.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    queue.storage.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def make_other_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE task (something TEXT)")


def make_folder(path: Path) -> None:
    path.mkdir()


BREAKING = [make_garbage, cut_off, make_other_tables, make_folder]


@pytest.mark.parametrize("break_file", BREAKING)
def test_broken_queue_is_replaced_at_the_start(
    break_file: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "queue.sqlite3"
    break_file(path)

    storage = Queue(filename=str(path)).storage
    storage.enqueue(b"job")

    assert (storage.dequeue(), len(list(tmp_path.glob(f"{ASIDE}*")))) == (b"job", 1)
    assert last_replaced_at(path) is not None
    storage.close()


@pytest.mark.parametrize("break_file", [make_garbage, make_other_tables])
def test_queue_that_breaks_while_it_runs_takes_the_next_job(
    break_file: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "queue.sqlite3"
    storage = Queue(filename=str(path), journal_mode="delete").storage
    storage.enqueue(b"lost")
    path.unlink()
    break_file(path)
    storage.close()

    storage.enqueue(b"job")

    assert storage.dequeue() == b"job"
    storage.close()


def test_sound_queue_stays(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite3"
    storage = Queue(filename=str(path)).storage
    storage.enqueue(b"job")

    assert replace_if_broken(path) is False
    assert storage.dequeue() == b"job"
    assert last_replaced_at(path) is None
    storage.close()


def test_busy_queue_stays(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite3"
    storage = Queue(filename=str(path), journal_mode="delete").storage
    storage.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        assert replace_if_broken(path) is False


def empty(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(0)


def delete(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [empty, delete])
def test_emptied_or_deleted_queue_takes_the_next_job(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "queue.sqlite3"
    storage = Queue(filename=str(path), journal_mode="delete").storage
    storage.enqueue(b"lost")

    spoil(path)
    storage.enqueue(b"job")

    assert storage.dequeue() == b"job"
    storage.close()


def test_queue_of_another_process_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite3"
    web, worker = (Queue(filename=str(path), journal_mode="delete").storage for _turn in range(2))
    worker.enqueue(b"lost")
    make_garbage_in_place(path)

    web.enqueue(b"job")

    assert worker.dequeue() == b"job"
    web.close()
    worker.close()


def make_garbage_in_place(path: Path) -> None:
    path.unlink()
    make_garbage(path)


def test_job_that_cannot_be_entered_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(filename=str(tmp_path / "queue.sqlite3"))

    def refuse(*_args: object, **_options: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(queue.storage, "sql", refuse)

    @queue.task()
    def job() -> None:
        """Never runs."""

    job()

    assert queue.put_result("key", 1) is None
    queue.storage.close()


def test_queue_that_another_thread_closes_is_no_error(tmp_path: Path) -> None:
    storage = Queue(filename=str(tmp_path / "queue.sqlite3")).storage
    storage.enqueue(b"job")
    lock, connection = storage.lock, storage.conn

    class ClosedMeanwhile:
        """The lock; another thread closes the connection while this one waits for it."""

        def __enter__(self) -> None:
            storage._conn = None
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()

    storage.lock = ClosedMeanwhile()
    storage.close()
    storage.lock = lock
    connection.close()

    assert storage.dequeue() == b"job"
    storage.close()
