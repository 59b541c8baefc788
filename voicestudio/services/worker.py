"""The worker: its heartbeat, and the attempts that it takes up again."""

import logging
import os
import socket
import threading
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from voicestudio.models import CloneAttempt, Speech, Worker
from voicestudio.services import clones, recordings, speeches
from voicestudio.services.paid_calls import audio_download, leases
from voicestudio.services.voices import bookkeeping

from . import drafts, queue, reminders

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
    Worker.objects.filter(
        beat_at__lt=now - timedelta(days=30), cloneattempt_calls=None, speech_calls=None
    ).delete()
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

    Returns how many calls were handed out. Jobs handed out twice do no harm: a call can be claimed
    only once.
    """
    now = timezone.now()
    bookkeeping.settle_lapsed()
    for rows in (CloneAttempt.objects.lapsed(), Speech.objects.lapsed()):
        rows.filter(
            status="sending", attempts_made__gte=MOST_INTERRUPTIONS, sent__isnull=True
        ).update(status="interrupted", finished_at=now, lease_until=None, claim=None)
    count = 0
    # While jobs wait in the queue, an attempt that waits too has most likely one of them.
    if at_once or queue.is_empty():
        since = now if at_once else now - LOST_AFTER
        count += _hand_out(CloneAttempt.objects.all(), since, clones.run_attempt)
        count += _hand_out(Speech.objects.all(), since, speeches.run_speech)
        recordings.take_up()
    ready = CloneAttempt.objects.lapsed().filter(status="ready", audio="", audio_trouble="")
    count += _fetch(ready.exclude(audio_url=""), audio_download.fetch_preview)
    spoken = Speech.objects.lapsed().filter(status="ready", audio="", audio_trouble="")
    return count + _fetch(spoken.exclude(audio_url=""), speeches.fetch_audio)


def _hand_out(calls: Any, since: datetime, job: Any) -> int:
    """Enqueue what could run and has waited since then."""
    due = calls.waiting_for_a_worker().filter(enqueued_at__lt=since)
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:500])
    calls.filter(pk__in=pks).update(enqueued_at=timezone.now())
    for pk in pks:
        job.enqueue(pk)
    return len(pks)


def _fetch(calls: Any, job: Any) -> int:
    """Enqueue the copying of audio that a lost worker has left."""
    pks = list(calls.values_list("pk", flat=True)[:500])
    calls.model.objects.filter(pk__in=pks).update(claim=None, lease_until=leases.lease_end())
    for pk in pks:
        job.enqueue(pk)
    return len(pks)


def _end_leases_of_the_dead() -> None:
    """Workers of this machine whose process is gone hold nothing any more."""
    here = Worker.objects.filter(host=socket.gethostname(), stopped_at__isnull=True)
    for worker in here.filter(beat_at__gt=timezone.now() - timedelta(days=1)):
        if worker.pid == os.getpid() or not _is_running(worker.pid):
            for rows in (CloneAttempt.objects.all(), Speech.objects.all()):
                rows.filter(worker=worker, lease_until__isnull=False).update(
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
            reminders.send_if_due()
            drafts.forget_old()
            recordings.sweep()
        except Error:
            logger.warning("The heartbeat could not be written.", exc_info=True)
        finally:
            connection.close()
