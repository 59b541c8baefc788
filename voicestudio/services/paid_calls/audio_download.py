"""Audio download: previews and speech are copied into our own storage, because links expire.

The call has succeeded already, so a failed download is retried without any risk.
"""

import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.tasks import task

from voicestudio import audio
from voicestudio.minimax import (
    BlockReason,
    DownloadBlocked,
    HttpResponse,
    InvalidAnswer,
    MiniMaxError,
    SpeechRequest,
    parse_speech,
)
from voicestudio.models import Action, CallStatus, PaidCall, clock
from voicestudio.services import storage
from voicestudio.services.log_context import log_call
from voicestudio.services.permissions import require

from . import call_log, leases, provider, waveforms

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# Seconds before the second and the third try.
PAUSES: Final = (0.5, 2.0)
HEAD_BYTES: Final = 64
TROUBLES: Final = {
    BlockReason.SIZE: "too_large",
    BlockReason.URL: "forbidden",
    BlockReason.ADDRESS: "forbidden",
    BlockReason.REDIRECTS: "forbidden",
}


class NotAudio(Exception):  # noqa: N818 - an answer, not a mistake
    """The bytes are in no audio format that we know."""


def store_bytes(call: PaidCall, content: bytes) -> dict[str, Any]:
    """Store audio that came inside the answer; return the columns that describe it.

    The file is stored before the row is written: a crash in between leaves a surplus file, never a
    paid call without its audio.
    """
    try:
        return _store(call, lambda target: target.write(content))
    except NotAudio:
        return {"audio_trouble": "not_audio"}
    except OSError:
        logger.exception("The audio of %s %s could not be stored.", call._meta.model_name, call.pk)
        return {"audio_trouble": "not_stored"}


def fetch(call: PaidCall) -> bool:
    """Copy the audio of a ready call that this process holds. True if it can be played now.

    The call then keeps its lease, for its waveform.
    """
    trouble = ""
    for pause in (*PAUSES, None):
        try:
            return _download(call) if call.audio_url else _read_answer(call)
        except DownloadBlocked as error:
            trouble = TROUBLES.get(error.reason, "unreachable")
            break
        except NotAudio:
            trouble = "not_audio"
            break
        except InvalidAnswer:
            trouble = "not_audio"
            break
        except MiniMaxError:
            trouble = "unreachable"
            if pause is not None:
                time.sleep(pause)
        except OSError:
            name = call._meta.model_name
            logger.exception("The audio of %s %s could not be stored.", name, call.pk)
            trouble = "not_stored"
            break
    call.advance(
        held_as=(CallStatus.READY,), audio_trouble=trouble, calls=call.calls, lease_until=None
    )
    return False


def fetch_again(call: PaidCall, *, by: "User") -> None:
    """Let the worker download the audio once more, unless another try cannot succeed."""
    require(by, Action.SETTLE, call.project_id)
    with transaction.atomic():
        enqueue_fetch(type(call)._default_manager.filter(pk=call.pk))


def fetch_now(call: PaidCall, *, by: "User") -> None:
    """Download the audio in this process, for a command that waits for it."""
    require(by, Action.SETTLE, call.project_id)
    rows: Any = type(call)._default_manager.filter(pk=call.pk)
    rows.with_audio_to_fetch().update(audio_trouble="", claim=None, lease_until=None)
    fetch_audio.call(str(call._meta.model_name), call.pk)


def enqueue_fetch(calls: Any) -> int:
    """Enqueue the download of all missing audio of these calls; how many."""
    kind = calls.model
    pks = list(calls.with_audio_to_fetch().values_list("pk", flat=True)[:500])
    kind.objects.with_audio_to_fetch().filter(pk__in=pks).update(
        audio_trouble="", claim=None, lease_until=leases.lease_end()
    )
    for pk in pks:
        fetch_audio.enqueue(kind._meta.model_name, pk)
    return len(pks)


@task()
def fetch_audio(kind: str, pk: int) -> None:
    """Download the audio of a call of this kind (its model's name), if no other worker does."""
    model: Any = next(each for each in PaidCall.kinds() if each._meta.model_name == kind)
    with log_call(kind, pk), leases.hold() as claim:
        free = Q(claim__isnull=True) | Q(lease_until__isnull=True)
        free |= Q(lease_until__lt=clock.now())
        rows = model.objects.with_audio_to_fetch().filter(free, pk=pk)
        if rows.update(claim=claim, worker=leases.worker, lease_until=leases.lease_end()):
            call = model.objects.for_worker().get(pk=pk)
            if fetch(call):
                waveforms.draw_waveform(call)


def _download(call: PaidCall) -> bool:
    def receive(target: BinaryIO) -> None:
        call_log.logged_call(
            call,
            "audio",
            lambda: provider.client().download(
                call.audio_url,
                target,
                max_bytes=settings.AUDIO_MAX_BYTES,
                timeout=settings.AUDIO_TIMEOUT_SECONDS,
            ),
        )

    return _save(call, _store(call, receive))


def _read_answer(call: PaidCall) -> bool:
    """Store the audio that came inside the answer, whose whole text was kept."""
    with call.answer_file.open("rb") as source:
        response = HttpResponse(
            call="answer", http_status=200, headers={}, content=source.read(), redact=str
        )
    request = SpeechRequest(voice_id="", text="", model="", format=getattr(call, "format", ""))
    columns = _store(call, lambda target: target.write(parse_speech(response, request).audio))
    return _save(call, columns)


def _save(call: PaidCall, columns: dict[str, Any]) -> bool:
    saved = call.advance(
        held_as=(CallStatus.READY,),
        audio_trouble="",
        calls=call.calls,
        lease_until=leases.lease_end(),
        **columns,
    )
    if not saved:
        storage.delete(columns["audio"])
    return saved


def _store(call: PaidCall, receive: Callable[[BinaryIO], object]) -> dict[str, Any]:
    """Receive audio into a temporary file and store it; return the columns that describe it.

    The bytes, not the server's content type, tell that it is audio, and give the type under which
    browsers get it. A file that only begins like audio is not decoded here.
    """
    handle, name = tempfile.mkstemp(prefix="audio-", dir=settings.FILE_UPLOAD_TEMP_DIR)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            receive(target)
        with path.open("rb") as source:
            extension = audio.sniff(source.read(HEAD_BYTES))
        if not extension:
            raise NotAudio
        with path.open("rb") as source:
            checksum = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            call.audio.save(f"{call.audio_name}.{extension}", File(source), save=False)
        return {
            "audio": call.audio.name,
            "audio_bytes": path.stat().st_size,
            "audio_sha256": checksum,
            "audio_duration_ms": None,
            "audio_peaks": [],
            "audio_lufs": None,
            "audio_saved_at": clock.now(),
        }
    finally:
        path.unlink(missing_ok=True)
