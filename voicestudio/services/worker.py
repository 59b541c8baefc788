"""The worker: its heartbeat, and the attempts that it takes up again."""

import logging
import os
import socket
import threading
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from voicestudio.models import CloneAttempt, State, Worker

from . import attempts, demos, leases, queue, recordings

logger = logging.getLogger(__name__)

# A job is taken for lost when its attempt has waited this long although it was due.
LOST_AFTER: Final = timedelta(seconds=20)
# An attempt that loses its worker this often is left to a person.
MOST_INTERRUPTIONS: Final = 5

_stop: Final = threading.Event()


def on_start() -> None:
    """Enter this worker, take up what an earlier one left, and start the heartbeat."""
    now = timezone.now()
    _end_leases_of_the_dead()
    leases.worker = Worker.objects.create(
        host=socket.gethostname(), pid=os.getpid(), started_at=now, beat_at=now
    )
    Worker.objects.filter(beat_at__lt=now - timedelta(days=30), cloneattempt_calls=None, speech_calls=None).delete()
    take_up(at_once=True)
    _stop.clear()
    threading.Thread(target=_beat_on, name="heartbeat", daemon=True).start()


def on_stop() -> None:
    """Say at once what stopping means for the attempts that this process holds."""
    _stop.set()
    leases.let_go()
    if leases.worker is not None:
        Worker.objects.filter(pk=leases.worker.pk).update(stopped_at=timezone.now())


def take_up(*, at_once: bool = False) -> int:
    """Hand out again what lost its job or its worker; say so where nothing can be done.

    Returns how many attempts were handed out. Jobs handed out twice do no harm: an attempt can be
    claimed only once.
    """
    now = timezone.now()
    lapsed = CloneAttempt.objects.lapsed()
    # Sent, and nobody is left to hear the answer. The claim stays: should its worker be alive after
    # all, the answer that it gets is still written down.
    lapsed.filter(status=State.CLONING).update(
        status=State.UNKNOWN, finished_at=now, lease_until=None
    )
    lapsed.filter(status=State.SENDING, runs__gte=MOST_INTERRUPTIONS, sent__isnull=True).update(
        status=State.INTERRUPTED, finished_at=now, lease_until=None, claim=None
    )
    lost: list[int] = []
    # While jobs wait in the queue, an attempt that waits too has most likely one of them.
    if at_once or queue.is_empty():
        due = CloneAttempt.objects.waiting_for_a_worker()
        if not at_once:
            due = due.filter(enqueued_at__lt=now - LOST_AFTER)
        lost = list(due.order_by("pk").values_list("pk", flat=True)[:500])
        recordings.take_up()
    CloneAttempt.objects.filter(pk__in=lost).update(enqueued_at=now)
    for pk in lost:
        attempts.run_attempt.enqueue(pk)
    silent = lapsed.filter(status=State.READY, demo="", demo_trouble="").exclude(demo_url="")
    demo_pks = list(silent.values_list("pk", flat=True)[:500])
    CloneAttempt.objects.filter(pk__in=demo_pks).update(
        claim=None, lease_until=now + timedelta(seconds=settings.LEASE_SECONDS)
    )
    for pk in demo_pks:
        demos.fetch_demo.enqueue(pk)
    return len(lost) + len(demo_pks)


def _end_leases_of_the_dead() -> None:
    """Workers of this machine whose process is gone hold nothing any more."""
    here = Worker.objects.filter(host=socket.gethostname(), stopped_at__isnull=True)
    for worker in here.filter(beat_at__gt=timezone.now() - timedelta(days=1)):
        if worker.pid == os.getpid() or not _is_running(worker.pid):
            CloneAttempt.objects.filter(worker=worker, lease_until__isnull=False).update(
                lease_until=timezone.now()
            )
            Worker.objects.filter(pk=worker.pk).update(stopped_at=timezone.now())


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _beat_on() -> None:
    while not _stop.wait(settings.HEARTBEAT_SECONDS):
        try:
            if leases.worker is not None:
                Worker.objects.filter(pk=leases.worker.pk).update(beat_at=timezone.now())
            take_up()
        except Error:
            logger.warning("The heartbeat could not be written.", exc_info=True)
        finally:
            connection.close()
