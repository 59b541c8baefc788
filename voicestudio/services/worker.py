"""Worker: its heartbeat, its chores, and the paid calls that it hands out again."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import Error, connection

from voicestudio.audio import has_speech_model
from voicestudio.models import CallStatus, PaidCall, Worker, clock

from . import (
    audit,
    clones,
    drafts,
    queue,
    recordings,
    reminders,
    retention,
    sign_in_limits,
    speeches,
    storage,
)
from .log_context import log_call
from .money import budget_mails
from .paid_calls import audio_download, clock_changes, journal, leases, waveforms
from .voices import bookkeeping

logger = logging.getLogger(__name__)

# A job is taken for lost when its call has been due for this long.
JOB_LOST_AFTER: Final = timedelta(seconds=20)
# A call that loses its worker this often is left to a person.
MAX_INTERRUPTIONS: Final = 5
# At most so many calls are handed out at once.
BATCH: Final = 500
# What records an answer from the journal, for each kind of call.
RECORDERS: Final = {
    "cloneattempt": clones.record_from_journal,
    "speech": speeches.record_from_journal,
}
JOBS: Final = {"cloneattempt": clones.run_clone, "speech": speeches.run_speech}

_stop: Final = threading.Event()


def on_start() -> None:
    """Enter this worker, hand out what an earlier one left, start heartbeat and chores."""
    now = clock.now()
    if not has_speech_model():
        logger.warning("The file of Silero VAD is missing: checks detect speech by levels alone.")
    _end_leases_of_dead_workers()
    leases.worker = Worker.objects.create(
        host=socket.gethostname(), pid=os.getpid(), started_at=now, beat_at=now
    )
    Worker.objects.filter(
        beat_at__lt=now - timedelta(days=30), cloneattempt_calls=None, speech_calls=None
    ).delete()
    try:
        record_kept_answers(at_once=True)
    except Exception:
        # The chore tries again: without a worker everything else would wait as well.
        logger.exception("The answers in the journal are recorded later.")
    requeue_lost_calls(at_once=True)
    _stop.clear()
    for chore in (write_heartbeat, *CHORES):
        # A thread for each, so that one that fails or hangs (a mail server) stops no other.
        threading.Thread(target=_repeat, args=(chore,), name=chore.__name__, daemon=True).start()


def on_stop() -> None:
    """Release the leases of this process, so that its calls say at once what stopping means."""
    _stop.set()
    leases.release_all()
    if leases.worker is not None:
        Worker.objects.filter(pk=leases.worker.pk).update(stopped_at=clock.now())


def write_heartbeat() -> None:
    """Write that this worker is alive."""
    if leases.worker is not None:
        Worker.objects.filter(pk=leases.worker.pk).update(beat_at=clock.now())


def record_kept_answers(*, at_once: bool = False) -> None:
    """Record the answers in the journal whose rows could not be written when they came."""
    for entry in journal.entries(at_once=at_once):
        try:
            with log_call(entry.kind, entry.pk):
                RECORDERS[entry.kind](entry)
        except (Error, OSError):
            # Also an InterfaceError, which a lost connection raises and which is no DatabaseError.
            logger.warning("An answer stays in the journal.", exc_info=True)
        except Exception:
            logger.exception("An answer in the journal cannot be recorded.")
            entry.set_aside()


def requeue_lost_calls(*, at_once: bool = False) -> int:
    """Hand out again what has lost its job or its worker; how many calls.

    A job that is handed out twice does no harm, because a call can be claimed only once.
    """
    now = clock.now()
    clock_changes.correct_future_times(now)
    bookkeeping.settle_lapsed()
    kinds: list[tuple[Any, Any]] = [
        (JOBS[str(kind._meta.model_name)], kind._default_manager) for kind in PaidCall.kinds()
    ]
    for _job, calls in kinds:
        _interrupt_hopeless_calls(calls, now)
    count = 0
    # While jobs wait in the queue, a waiting call most likely has one of them.
    if at_once or queue.is_empty():
        since = now if at_once else now - JOB_LOST_AFTER
        count += sum(_enqueue_due(calls, since, job) for job, calls in kinds)
        recordings.requeue_lost_checks()
    if count:
        logger.warning("Handed out again: %d calls that had lost their job or worker.", count)
    untried = [calls.lapsed().filter(audio_trouble="") for _job, calls in kinds]
    return count + sum(audio_download.enqueue_fetch(calls) for calls in untried)


# What the worker does every few seconds besides its calls. Each runs in a thread of its own.
CHORES: Final[tuple[Callable[[], object], ...]] = (
    record_kept_answers,
    requeue_lost_calls,
    waveforms.draw_lost_waveforms,
    reminders.send_if_due,
    budget_mails.send_due_mails,
    drafts.delete_old_drafts,
    recordings.delete_abandoned_uploads,
    recordings.finish_deletions,
    retention.apply_rules,
    sign_in_limits.clear_expired,
    storage.clean_cache,
    audit.seal_entries,
)


def _repeat(chore: Callable[[], object]) -> None:
    while not _stop.wait(settings.HEARTBEAT_SECONDS):
        try:
            chore()
        except Exception:
            # The next round tries again: no failure may end the thread.
            logger.exception("The chore %s failed.", chore.__name__)
        finally:
            connection.close()


def _interrupt_hopeless_calls(calls: Any, now: datetime) -> None:
    hopeless = calls.lapsed().filter(
        status=CallStatus.SENDING, attempts_made__gte=MAX_INTERRUPTIONS, sent__isnull=True
    )
    hopeless.update(status=CallStatus.INTERRUPTED, finished_at=now, lease_until=None, claim=None)


def _enqueue_due(calls: Any, since: datetime, job: Any) -> int:
    """Enqueue what a worker could claim and what has waited since then."""
    due = calls.all().claimable().filter(enqueued_at__lt=since)
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:BATCH])
    calls.filter(pk__in=pks).update(enqueued_at=clock.now())
    for pk in pks:
        job.enqueue(pk)
    return len(pks)


def _end_leases_of_dead_workers() -> None:
    """End the leases of workers of this machine whose process has gone."""
    here = Worker.objects.filter(host=socket.gethostname(), stopped_at__isnull=True)
    for worker in here.filter(beat_at__gt=clock.now() - timedelta(days=1)):
        if worker.pid == os.getpid() or worker.has_died_here:
            logger.warning("The worker %d died; what it held is settled now.", worker.pid)
            for kind in PaidCall.kinds():
                kind._default_manager.filter(worker=worker, lease_until__isnull=False).update(
                    lease_until=clock.now()
                )
            Worker.objects.filter(pk=worker.pk).update(stopped_at=clock.now())
