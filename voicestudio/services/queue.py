"""The queue: takes jobs from huey's storage, and keeps that storage from growing."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.tasks import TaskResult
    from huey.api import Huey
    from huey.consumer import Consumer

# huey's name for the record that Django's tasks keep of a job.
RECORD = "djt."
# How often an idle thread looks for a job, in seconds.
LOOK_EVERY = 0.05
# How long a running job may go on after TERM, in seconds; the supervisor kills after four.
FINISH_WITHIN = 3


def storage() -> "Huey":
    """The queue of this installation."""
    from huey.contrib.djhuey import HUEY  # opens the queue, which not every process needs

    return HUEY


def forget(task_result: "TaskResult", **_signal: Any) -> None:
    """Throw the record of a finished job away: what became of it stands in the attempt's row."""
    storage().delete(RECORD + task_result.id)


def sweep() -> int:
    """Throw away the records of jobs that no longer wait (their worker was killed); how many."""
    queue = storage()
    waiting = {RECORD + task.id for task in [*queue.pending(), *queue.scheduled()]}
    left = [key for key in queue.all_results() if key.startswith(RECORD) and key not in waiting]
    for key in left:
        queue.delete(key)
    return len(left)


def consumer() -> "Consumer":
    """The threads that run the jobs, not yet started."""
    return storage().create_consumer(
        workers=settings.WORKER_THREADS,
        worker_type="thread",
        initial_delay=LOOK_EVERY,
        max_delay=LOOK_EVERY,
        backoff=1.0,
        periodic=False,
        graceful_signal="TERM",
        shutdown_timeout=FINISH_WITHIN,
    )


def is_empty() -> bool:
    """Whether no job waits for a thread at this moment."""
    return not storage().pending_count()
