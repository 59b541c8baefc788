"""The queue is the same in SQLite, PostgreSQL and Redis."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import connection
from huey.utils import utcnow

from voicestudio.services.queue_storage import PostgresQueue, Queue, RedisQueue

SERVERS = ("valkey-server", "redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def redis_server(port: int, folder: Path, *options: str) -> Iterator[str]:
    """A Redis or Valkey server on loopback; its address."""
    program = next((path for name in SERVERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("neither Redis nor Valkey is installed")
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    arguments += options
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port) as client:
            for _ in range(500):
                try:
                    client.ping()
                    break
                except redis.AuthenticationError:  # it asks for a password, so it is there
                    break
                except redis.ConnectionError:
                    time.sleep(0.02)
            else:
                pytest.fail("the server does not answer")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Queue]:
    """A queue of each kind; PostgreSQL's only if the tests run on it."""
    if request.param == "redis":
        with redis_server(free_port(), tmp_path) as url:
            yield RedisQueue("tests", url=url)
        return
    if request.param == "postgres":
        if connection.vendor != "postgresql":
            pytest.skip("the tests do not run on PostgreSQL")
        request.getfixturevalue("db")
        made: Queue = PostgresQueue("tests", table_prefix="voicestudio_queue")
    else:
        made = Queue("tests", filename=str(tmp_path / "queue.sqlite3"))
    yield made
    made.storage.flush_all()
    made.storage.close()


def test_jobs_come_by_priority_and_then_in_order(queue: Queue) -> None:
    @queue.task()
    def job(number: int) -> int:
        return number

    for number, priority in ((1, 0), (2, 5), (3, 0), (4, 5)):
        job(number, priority=priority)

    assert (queue.pending_count(), len(queue.pending())) == (4, 4)
    assert [queue.dequeue().args[0] for _ in range(4)] == [2, 4, 1, 3]


def test_job_for_later_waits_for_its_time(queue: Queue) -> None:
    @queue.task()
    def job() -> None:
        """Never runs."""

    queue.add_schedule(job.s(delay=60))

    assert (queue.pending_count(), queue.scheduled_count()) == (0, 1)
    assert queue.read_schedule(utcnow() + timedelta(seconds=30)) == []
    [found] = queue.read_schedule(utcnow() + timedelta(seconds=90))
    assert (found.name, queue.scheduled_count()) == ("job", 0)


def test_records_are_kept_until_they_are_deleted(queue: Queue) -> None:
    queue.put_result("djt.1", {"status": "READY"})

    assert list(queue.all_results()) == ["djt.1"]
    assert queue.delete("djt.1")
    assert list(queue.all_results()) == []


def test_redis_that_is_gone_is_no_error_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    queue = RedisQueue("tests", url=f"redis://127.0.0.1:{port}/0")

    @queue.task()
    def job() -> None:
        """Never runs."""

    job()
    assert queue.put_result("key", 1) is None

    with redis_server(port, tmp_path):
        job()
        assert queue.pending_count() == 1


def test_queue_in_redis_with_tls_and_a_password_knows_its_server(tmp_path: Path) -> None:
    certificate, key, port = tmp_path / "certificate.pem", tmp_path / "key.pem", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-out", certificate, "-keyout", key],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    tls = ["--tls-port", str(port), "--tls-cert-file", str(certificate),
           "--tls-key-file", str(key), "--tls-auth-clients", "no"]  # fmt: skip
    with redis_server(free_port(), tmp_path, *tls, "--requirepass", "a-word") as plain:
        url = f"rediss://:a-word@localhost:{port}/0"
        known, stranger, without_password, without_tls = (
            RedisQueue("tests", url=address)
            for address in (
                f"{url}?ssl_ca_certs={certificate}", url,
                f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}", plain,
            )
        )  # fmt: skip
        known.storage.enqueue(b"job")

        assert known.pending_count() == 1
        for refused in (stranger, without_password, without_tls):
            with pytest.raises(redis.RedisError):
                refused.pending_count()
