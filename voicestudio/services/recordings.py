"""Recordings: taken in, checked, kept and let go."""

import re
import tempfile
import unicodedata
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from voicestudio import audio
from voicestudio.audio import isolated
from voicestudio.models import AudioFile, CloneAttempt, Purpose

from . import provider

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NAME_LENGTH: Final = 200
EXAMPLE_VOICES: Final = 4
# Each recording is decoded in a child process; more at once would only make all of them slower.
DECODED_AT_ONCE: Final = BoundedSemaphore(4)


class RecordingInUse(Exception):  # noqa: N818 - an answer, not a mistake
    """A recording that cannot go because attempts refer to it; `attempts` are the newest few."""

    def __init__(self, attempts: list[CloneAttempt]) -> None:
        super().__init__("recording in use")
        self.attempts = attempts


def take_in(upload: UploadedFile, *, purpose: str, by: "User") -> AudioFile:
    """Check what was uploaded and keep it, converted if the provider would not take it as it is.

    Raises `audio.AudioProblem`; nothing is kept then.
    """
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise audio.AudioProblem("too_large", bytes=upload.size or 0)
    if isinstance(upload, TemporaryUploadedFile):
        return _keep(Path(upload.temporary_file_path()), upload.name or "", purpose, by, move=True)
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return _keep(Path(copy.name), upload.name or "", purpose, by)


def take_in_file(path: Path, *, purpose: str, by: "User") -> AudioFile:
    """The same for a file of this machine, which stays where it is. Raises as `take_in`."""
    if path.stat().st_size > settings.UPLOAD_MAX_BYTES:
        raise audio.AudioProblem("too_large", bytes=path.stat().st_size)
    with path.open("rb") as source:
        return take_in(
            UploadedFile(source, path.name, size=path.stat().st_size), purpose=purpose, by=by
        )


def by_file_id(file_id: int, *, purpose: str, by: "User") -> AudioFile:
    """The recording that the provider knows as `file_id`; entered without a copy if it is new."""
    known = {"provider": settings.MINIMAX_PROVIDER, "file_id": file_id}
    recording, _made = AudioFile.objects.get_or_create(
        **known,
        defaults={
            "name": _("File {file_id} at MiniMax").format(file_id=file_id),
            "purpose": purpose,
            "uploaded_at": timezone.now(),
            "created_by": by,
        },
    )
    return recording


def example(*, voice: int, by: "User") -> AudioFile:
    """A recording for newcomers, spoken by the stand-in; in practice mode only.

    Raises `minimax.MiniMaxError` if the stand-in does not answer.
    """
    voice = (voice - 1) % EXAMPLE_VOICES + 1
    url = f"{settings.MINIMAX_BASE_URL}/practice/example.wav?voice={voice}"
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".wav") as target:
        provider.client().download(
            url, cast(BinaryIO, target), max_bytes=settings.DEMO_MAX_BYTES, timeout=30
        )
        target.flush()
        name = _("Example recording {voice}").format(voice=voice)
        return _keep(Path(target.name), f"{name}.wav", Purpose.SAMPLE, by)


def delete(recording: AudioFile) -> None:
    """Delete our copy and our record of it. Raises `RecordingInUse` if an attempt refers to it."""
    try:
        with transaction.atomic():
            AudioFile.objects.filter(pk=recording.pk).delete()
            if recording.file:
                transaction.on_commit(lambda: recording.file.delete(save=False))
    except ProtectedError as error:
        used = CloneAttempt.objects.using_recording(recording.pk)
        raise RecordingInUse(list(used.order_by("-pk")[:5])) from error


def shown_name(name: str) -> str:
    """A file's name as it can be shown: no path, nothing invisible, not too long."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    visible = " ".join(visible.split())
    if len(visible) > NAME_LENGTH:
        stem, dot, extension = visible.rpartition(".")
        keep = NAME_LENGTH - len(extension) - 2
        visible = f"{stem[:keep]}…{dot}{extension}" if dot and keep > 0 else visible[:NAME_LENGTH]
    return visible or _("Recording")


def _keep(source: Path, name: str, purpose: str, by: "User", *, move: bool = False) -> AudioFile:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    with DECODED_AT_ONCE:
        taken = isolated.take_in(
            source,
            folder,
            purpose="prompt_audio" if purpose == Purpose.PROMPT else "voice_clone",
            move=move,
            max_bytes=settings.UPLOAD_MAX_BYTES,
        )
    measures = taken.measures
    recording = AudioFile(
        name=shown_name(name),
        purpose=purpose,
        converted_from=taken.converted_from,
        duration_ms=measures.duration_ms,
        bytes=measures.bytes,
        sample_rate=measures.sample_rate,
        channels=measures.channels,
        codec=measures.codec,
        peak_dbfs=measures.peak_dbfs,
        loudness_db=measures.loudness_db,
        silence_share=measures.silence_share,
        peaks=measures.peaks,
        created_by=by,
    )
    try:
        with _Movable(taken.path) as content:
            recording.file.save(taken.path.name, content, save=False)
        recording.save()
    except (IntegrityError, OSError):
        if recording.file:
            recording.file.delete(save=False)
        raise
    finally:
        taken.path.unlink(missing_ok=True)
    return recording


class _Movable(File):
    """A file that the storage may move into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)
