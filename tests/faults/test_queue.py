"""The queue is corrupt, emptied, or Redis is gone: no call is lost, and the pages say so."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_user
from tests.faults.conftest import bill, ledger, read
from tests.services.running_worker import running_worker, wait_until
from tests.services.test_queue_kinds import free_port, redis_server
from voicestudio.models import CloneAttempt, Speech
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, queue, speeches
from voicestudio.services.clones import Order
from voicestudio.services.queue_storage import Queue
from voicestudio.services.speeches import SpeechOrder
from voicestudio.words import STALLED
from voicestudio.words.system import NO_QUEUE

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def scribble(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def empty(path: Path) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM voicestudio_queue_task")
        return
    with closing(sqlite3.connect(path)) as queue_file, queue_file:
        queue_file.execute("DELETE FROM task")


@pytest.mark.parametrize("spoil", [scribble, empty, Path.unlink])
def test_spoilt_queue_loses_no_attempt(
    spoil: Callable[[Path], None],
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    data_dir: Path,
    client: Client,
    settings: Settings,
) -> None:
    if connection.vendor == "postgresql" and spoil is not empty:
        pytest.skip("the queue lies in PostgreSQL")
    path = data_dir / "queue.sqlite3"
    settings.SQLITE_QUEUE = settings.SQLITE_QUEUE | {"filename": str(path)}
    Queue(filename=str(path)).storage.close()
    attempt = clones.submit(order(), by=person)
    # The worker finds it a moment after its job was lost.
    earlier = timezone.now() - timedelta(minutes=1)
    spoil(path)
    with running_worker(data_dir, standin) as worker:
        CloneAttempt.objects.filter(pk=attempt.pk).update(enqueued_at=earlier)
        assert wait_until(lambda: CloneAttempt.objects.get(pk=attempt.pk).is_ready)

    assert (len(standin.calls_of("voice_clone")), ledger()) == (1, bill(standin))
    client.force_login(make_user("ada", is_staff=True))
    is_replaced = spoil is scribble
    assert ("The queue could not be read. It is now queue.broken-" in worker.log) == is_replaced
    assert ("Broken queue replaced" in read(client.get("/system/"))) == is_replaced


@pytest.mark.parametrize("from_the_start", [False, True])
def test_redis_that_is_gone_delays_attempts_only(
    from_the_start: bool,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    data_dir: Path,
    browser: Client,
    tmp_path: Path,
) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    long_ago = timezone.now() - timedelta(minutes=6)
    with nullcontext() if from_the_start else redis_server(port, tmp_path):
        started = running_worker(data_dir, standin, QUEUE_URL=url)
        worker = started.__enter__()
        assert wait_until(lambda: worker.has_started)
    try:
        attempt = clones.submit(order(), by=person)
        CloneAttempt.objects.filter(pk=attempt.pk).update(enqueued_at=long_ago)
        assert wait_until(lambda: "The chore requeue_lost_calls failed." in worker.log)
        reported = "The queue does not answer: calls wait for it." in worker.log
        assert reported == from_the_start
        page = read(browser.get(f"/history/{attempt.pk}/"))
        assert (page.count(str(STALLED.headline)), page.count(str(STALLED.next_step))) == (1, 1)

        with redis_server(port, tmp_path):
            assert wait_until(lambda: CloneAttempt.objects.get(pk=attempt.pk).is_ready)
    finally:
        started.__exit__(None, None, None)
    assert (len(standin.calls_of("voice_clone")), ledger()) == (1, bill(standin))


def test_speech_that_no_worker_takes_says_so(
    speech_order: Callable[..., SpeechOrder], person: User, browser: Client
) -> None:
    speech = speeches.submit(speech_order(), by=person)
    path = f"/voices/{speech.voice_id}/"
    assert read(browser.get(path)).count(str(STALLED.headline)) == 0

    Speech.objects.update(enqueued_at=timezone.now() - timedelta(minutes=6))

    page = read(browser.get(path))
    assert (page.count(str(STALLED.headline)), page.count(str(STALLED.next_step))) == (1, 1)


def test_system_page_says_that_the_queue_cannot_be_read(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise redis.ConnectionError("Connection refused")

    client.force_login(make_user("ada", is_staff=True))
    monkeypatch.setattr(queue.get_queue().storage, "queue_size", refuse)

    assert read(client.get("/system/")).count(str(NO_QUEUE.headline)) == 1
    assert "The queue cannot be read." in caplog.messages
