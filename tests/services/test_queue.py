"""The queue runs jobs, and huey's records of them are deleted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.tasks import task
from huey.contrib.djhuey import HUEY

from voicestudio.services import queue

pytestmark = pytest.mark.django_db(transaction=True)
DONE: list[int] = []


@task()
def note(number: int) -> int:
    """A job that succeeds."""
    DONE.append(number)
    return number


@task()
def fall(number: int) -> None:
    """A job that fails."""
    DONE.append(number)
    raise ValueError("on purpose")


@contextmanager
def threads() -> Iterator[None]:
    """The consumer's threads, without its handling of signals; at the end they have finished."""
    consumer = queue.create_consumer()
    running = [thread for _, thread in consumer.worker_threads]
    for thread in running:
        thread.start()
    try:
        yield
        # A thread takes the next job only when it has written down what became of the last one.
        assert_soon_empty()
    finally:
        consumer.stop_flag.set()
        for thread in running:
            thread.join(10)


def assert_soon_empty() -> None:
    """Wait until the queue is empty."""
    for _ in range(500):
        if queue.is_empty():
            return
        time.sleep(0.02)
    raise AssertionError("jobs are left in the queue")


def stored() -> dict[str, int]:
    """How much huey has stored of each kind."""
    return {
        "records": HUEY.storage.result_store_size(),
        "scheduled": HUEY.storage.schedule_size(),
        "waiting": HUEY.storage.queue_size(),
    }


NOTHING = {"records": 0, "scheduled": 0, "waiting": 0}


def test_idle_thread_takes_a_job_at_once() -> None:
    consumer, waits = queue.create_consumer(), HUEY.storage.blocking

    assert (consumer.default_delay, consumer.max_delay) == (0.05, 5.0 if waits else 0.05)


def test_storage_is_empty_after_jobs_that_succeed_or_fail() -> None:
    DONE.clear()
    for number in range(20):
        (note if number % 2 else fall).enqueue(number)
    assert stored() == {"records": 20, "scheduled": 0, "waiting": 20}

    with threads():
        pass

    assert sorted(DONE) == list(range(20))
    assert stored() == NOTHING


def test_record_of_a_killed_job_is_deleted() -> None:
    note.enqueue(1)
    HUEY.dequeue()  # taken, and never heard of again

    assert queue.delete_lost_records() == 1
    assert stored() == NOTHING


def test_record_of_a_waiting_job_is_kept() -> None:
    waiting = note.enqueue(2)

    assert queue.delete_lost_records() == 0
    assert note.get_result(waiting.id).status.name == "READY"


def test_job_without_its_record_still_runs() -> None:
    DONE.clear()
    waiting = note.enqueue(3)
    HUEY.delete(f"djt.{waiting.id}")

    with threads():
        pass

    assert (DONE, stored()) == ([3], NOTHING)
