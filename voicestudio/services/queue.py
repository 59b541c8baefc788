"""The queue: threads that run the jobs, and clean-up of what huey stores about them."""

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.tasks import TaskResult
    from huey.api import Huey
    from huey.consumer import Consumer

logger = logging.getLogger(__name__)

# The prefix of the records that Django's tasks store of a job.
RECORD = "djt."
# How often an idle thread looks for a job in a SQLite file, in seconds. PostgreSQL and Redis hand
# a job to a waiting thread, so that this is the first pause after an error there.
POLL_SECONDS = 0.05
# The longest pause after errors of PostgreSQL or Redis, in seconds.
ERROR_PAUSE_SECONDS = 5.0
# How long a running job may continue after TERM, in seconds; the supervisor kills after four.
SHUTDOWN_SECONDS = 3


def get_queue() -> "Huey":
    """The queue of this installation."""
    # Imported here, because the import opens the queue, which not every process needs.
    from huey.contrib.djhuey import HUEY

    return HUEY


def delete_record(task_result: "TaskResult", **_signal: Any) -> None:
    """Delete the record of a finished job, whose result is in the row of its call."""
    get_queue().delete(RECORD + task_result.id)


def delete_lost_records() -> int:
    """Delete the records of jobs whose worker was killed; return how many."""
    queue = get_queue()
    waiting = {RECORD + task.id for task in [*queue.pending(), *queue.scheduled()]}
    lost = [key for key in queue.all_results() if key.startswith(RECORD) and key not in waiting]
    for key in lost:
        queue.delete(key)
    return len(lost)


def create_consumer() -> "Consumer":
    """The threads that run the jobs, not yet started."""
    queue = get_queue()
    waits = queue.storage.blocking
    return queue.create_consumer(
        workers=settings.WORKER_THREADS,
        worker_type="thread",
        initial_delay=POLL_SECONDS,
        max_delay=ERROR_PAUSE_SECONDS if waits else POLL_SECONDS,
        backoff=2.0 if waits else 1.0,
        periodic=False,
        graceful_signal="TERM",
        shutdown_timeout=SHUTDOWN_SECONDS,
    )


def is_empty() -> bool:
    """Whether no job waits for a thread at this moment."""
    return not get_queue().pending_count()


def count_jobs() -> int | None:
    """How many jobs wait for a thread at this moment; None if the queue cannot be read."""
    try:
        return int(get_queue().pending_count())
    except Exception:  # SQLite, PostgreSQL and Redis have no error in common
        logger.warning("The queue cannot be read.", exc_info=True)
        return None
