"""Fetching: what was spoken, put into our own storage; links of the provider's expire."""

import logging
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone

from voicestudio import audio
from voicestudio.minimax import DownloadBlocked, MiniMaxError
from voicestudio.models import Speech, SpeechState
from voicestudio.models.paid_calls import PERMANENT
from voicestudio.services.paid_calls import audio_download, call_log, leases, provider

logger = logging.getLogger(__name__)

HEAD: Final = 64
# Ten minutes of uncompressed speech.
MOST_BYTES: Final = 256 * 1024**2


def store(speech: Speech, content: bytes) -> dict[str, Any]:
    """Keep the audio of an answer; the columns that tell of it, or of why it cannot be kept.

    It is stored before the row is written: a crash in between leaves a file too many, never a
    speech that was paid for and cannot be heard.
    """
    handle, name = tempfile.mkstemp(prefix="speech-", dir=settings.FILE_UPLOAD_TEMP_DIR)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
        return _keep(speech, path)
    except audio_download.NotAudio:
        return {"audio_trouble": "not_audio"}
    except OSError:
        logger.exception("Speech %s could not be stored.", speech.pk)
        return {"audio_trouble": "not_stored"}
    finally:
        path.unlink(missing_ok=True)


def fetch(speech: Speech) -> bool:
    """Copy the audio of a ready speech that this process holds. True if it can be heard now."""
    try:
        return _copy(speech)
    except DownloadBlocked as error:
        trouble = audio_download.TROUBLES.get(error.reason, "unreachable")
    except audio_download.NotAudio:
        trouble = "not_audio"
    except MiniMaxError:
        trouble = "unreachable"
    except OSError:
        logger.exception("Speech %s could not be stored.", speech.pk)
        trouble = "unreachable"
    speech.advance(
        held_as=(SpeechState.READY,), audio_trouble=trouble, calls=speech.calls, lease_until=None
    )
    return False


def fetch_again(speech: Speech) -> None:
    """Hand the copying to the worker once more, unless another try could bring nothing."""
    with transaction.atomic():
        wanted = Speech.objects.filter(pk=speech.pk, status=SpeechState.READY, audio="")
        wanted = wanted.exclude(Q(audio_url="") | Q(audio_trouble__in=PERMANENT))
        if wanted.update(audio_trouble="", claim=None, lease_until=leases.lease_end()):
            fetch_audio.enqueue(speech.pk)


@task()
def fetch_audio(pk: int) -> None:
    """The worker's job: fetch audio that an earlier run could not."""
    with leases.held() as claim:
        free = Q(claim__isnull=True) | Q(lease_until__isnull=True)
        free |= Q(lease_until__lt=timezone.now())
        rows = Speech.objects.filter(free, pk=pk, status=SpeechState.READY, audio="")
        taken = rows.update(claim=claim, worker=leases.worker, lease_until=leases.lease_end())
        if taken:
            fetch(Speech.objects.select_related("voice").get(pk=pk))


def _copy(speech: Speech) -> bool:
    handle, name = tempfile.mkstemp(prefix="speech-", dir=settings.FILE_UPLOAD_TEMP_DIR)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            call_log.logged_call(
                speech,
                "audio",
                lambda: provider.client().download(
                    speech.audio_url,
                    target,
                    max_bytes=MOST_BYTES,
                    timeout=settings.AUDIO_TIMEOUT_SECONDS,
                ),
            )
        heard = _keep(speech, path)
    finally:
        path.unlink(missing_ok=True)
    saved = speech.advance(
        held_as=(SpeechState.READY,),
        audio_trouble="",
        calls=speech.calls,
        lease_until=None,
        **heard,
    )
    if not saved:
        default_storage.delete(heard["audio"])
    return saved


def _keep(speech: Speech, path: Path) -> dict[str, Any]:
    with path.open("rb") as source:
        extension = audio.sniff(source.read(HEAD))
    if not extension:
        raise audio_download.NotAudio
    peaks, duration_ms = audio_download.shape_of(path)
    with path.open("rb") as source:
        speech.audio.save(
            f"{speech.voice.voice_id[:60]}-{speech.pk}.{extension}", File(source), save=False
        )
    return {
        "audio": speech.audio.name,
        "audio_bytes": path.stat().st_size,
        "audio_duration_ms": duration_ms,
        "audio_peaks": peaks,
        "audio_saved_at": timezone.now(),
    }
