"""Demos: the preview that the new voice speaks, copied into our own storage at once."""

import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone

from voicestudio import audio
from voicestudio.minimax import BlockReason, DownloadBlocked, MiniMaxError
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.models.paid_calls import PERMANENT

from . import call_log, leases, provider

logger = logging.getLogger(__name__)

# Seconds before the second and the third try; the attempt has succeeded already, so it can wait.
PAUSES: Final = (0.5, 2.0)
HEAD: Final = 64


def fetch(attempt: CloneAttempt) -> bool:
    """Copy the demo of a ready attempt that this process holds. True if it can be heard now."""
    trouble = ""
    for pause in (*PAUSES, None):
        try:
            return _copy(attempt)
        except DownloadBlocked as error:
            trouble = TROUBLES.get(error.reason, "unreachable")
            break
        except NotAudio:
            trouble = "not_audio"
            break
        except MiniMaxError:
            trouble = "unreachable"
            if pause is not None:
                time.sleep(pause)
        except OSError:
            logger.exception("The demo of attempt %s could not be stored.", attempt.pk)
            trouble = "unreachable"
            break
    attempt.advance(
        held_as=(AttemptState.READY,), audio_trouble=trouble, calls=attempt.calls, lease_until=None
    )
    return False


def fetch_again(attempt: CloneAttempt) -> None:
    """Hand the demo to the worker once more, unless another try could bring nothing."""
    with transaction.atomic():
        wanted = CloneAttempt.objects.filter(
            pk=attempt.pk, status=AttemptState.READY, audio=""
        ).exclude(Q(audio_url="") | Q(audio_trouble__in=PERMANENT))
        if wanted.update(audio_trouble="", claim=None, lease_until=leases.lease_end()):
            fetch_preview.enqueue(attempt.pk)


@task()
def fetch_preview(pk: int) -> None:
    """The worker's job: fetch a demo that an earlier run could not."""
    with leases.held() as claim:
        free = Q(claim__isnull=True) | Q(lease_until__isnull=True)
        free |= Q(lease_until__lt=timezone.now())
        rows = CloneAttempt.objects.filter(free, pk=pk, status=AttemptState.READY, audio="")
        taken = rows.update(claim=claim, worker=leases.worker, lease_until=leases.lease_end())
        if taken:
            fetch(CloneAttempt.objects.get(pk=pk))


class NotAudio(Exception):  # noqa: N818
    """What was fetched is no sound that we know."""


TROUBLES: Final = {
    BlockReason.SIZE: "too_large",
    BlockReason.URL: "forbidden",
    BlockReason.ADDRESS: "forbidden",
    BlockReason.REDIRECTS: "forbidden",
}


def _copy(attempt: CloneAttempt) -> bool:
    handle, name = tempfile.mkstemp(prefix="demo-", dir=settings.FILE_UPLOAD_TEMP_DIR)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            download = call_log.logged_call(
                attempt,
                "audio",
                lambda: provider.client().download(
                    attempt.audio_url,
                    target,
                    max_bytes=settings.AUDIO_MAX_BYTES,
                    timeout=settings.AUDIO_TIMEOUT_SECONDS,
                ),
            )
        with path.open("rb") as source:
            extension = audio.sniff(source.read(HEAD))
        if not extension:
            raise NotAudio
        peaks, duration_ms = shape_of(path)
        with path.open("rb") as source:
            attempt.audio.save(f"{attempt.voice_id[:60]}.{extension}", File(source), save=False)
        saved = attempt.advance(
            held_as=(AttemptState.READY,),
            audio=attempt.audio.name,
            audio_bytes=download.bytes,
            audio_duration_ms=duration_ms,
            audio_peaks=peaks,
            audio_saved_at=timezone.now(),
            audio_trouble="",
            calls=attempt.calls,
            lease_until=None,
        )
        if not saved:
            attempt.audio.delete(save=False)
        return saved
    finally:
        path.unlink(missing_ok=True)


def shape_of(path: Path) -> tuple[list[int], int | None]:
    """The demo's waveform and length in milliseconds; a demo without one can still be heard.

    In this process: it comes from the provider, only plain audio formats are opened, and a child
    process would cost more time than all the rest.
    """
    try:
        return audio.read_waveform(path)
    except (audio.AudioProblem, OSError, RuntimeError):
        logger.warning("A demo could not be measured.", exc_info=True)
        return [], None
