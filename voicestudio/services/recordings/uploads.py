"""Uploads: recordings from people and examples, their uploads to the provider, and deletion."""

import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from voicestudio.audio import rules
from voicestudio.minimax import MiniMaxError
from voicestudio.models import AudioFile, CloneAttempt, Origin, ProviderFile, Purpose, Studio
from voicestudio.services.paid_calls import provider
from voicestudio.words import Message

from .store import store_file

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EXAMPLE_VOICES: Final = 4


class ExampleUnavailable(Exception):  # noqa: N818 - an answer, not a mistake
    """The stand-in did not answer with an example; `message` is for people."""

    message = Message(
        _lazy("The practice recordings cannot be reached at the moment."),
        _lazy("Try again in a minute, or upload a recording of your own."),
    )


class RecordingInUse(Exception):  # noqa: N818 - an answer, not a mistake
    """A recording that attempts refer to; `attempts` are the newest five."""

    def __init__(self, attempts: list[CloneAttempt]) -> None:
        super().__init__("recording in use")
        self.attempts = attempts


def store_upload(
    upload: UploadedFile, *, purpose: str, by: "User", origin: Origin = Origin.UPLOADED
) -> AudioFile:
    """Store an uploaded file as a recording. Raises `audio.AudioProblem`, storing nothing then."""
    rules.check_size(upload.size or 0, settings.UPLOAD_MAX_BYTES)
    if isinstance(upload, TemporaryUploadedFile):
        source = Path(upload.temporary_file_path())
        return store_file(
            source, upload.name or "", purpose=purpose, by=by, origin=origin, move=True
        )
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return store_file(Path(copy.name), upload.name or "", purpose=purpose, by=by, origin=origin)


def store_local_file(path: Path, *, purpose: str, by: "User") -> AudioFile:
    """Store a copy of a file of this machine as a recording. Raises as `store_upload`."""
    rules.check_size(path.stat().st_size, settings.UPLOAD_MAX_BYTES)
    with path.open("rb") as source:
        return store_upload(
            UploadedFile(source, path.name, size=path.stat().st_size), purpose=purpose, by=by
        )


def add_by_file_id(file_id: int, *, purpose: str, by: "User") -> AudioFile:
    """The recording that the provider knows as `file_id`; a new one without a copy if it is new."""
    account = settings.MINIMAX_PROVIDER
    with transaction.atomic():
        Studio.lock()  # a file_id is not unique, so two requests at once would add it twice
        known = ProviderFile.objects.living().filter(account=account, file_id=file_id)
        if file := known.select_related("recording").first():
            return file.recording
        recording = AudioFile.objects.create(
            name=_("File {file_id} at MiniMax").format(file_id=file_id),
            purpose=purpose,
            origin=Origin.FILE_ID,
            created_by=by,
        )
        ProviderFile.objects.create(recording=recording, account=account, file_id=file_id)
    return recording


def ensure_uploaded(recording: AudioFile, account: str, upload: Callable[[Path, str], int]) -> int:
    """Return the `file_id` of the recording at `account`, uploading it if it has none.

    `upload` sends a file under a name that carries this studio's id and returns the `file_id`,
    which is saved at once. Raises FileNotFoundError without a copy of ours, ValueError for a
    recording that has to be cut first, and what `upload` raises.
    """
    living = ProviderFile.objects.living().filter(recording=recording, account=account)
    if file := living.first():
        return file.file_id
    if recording.needs_cutting:
        raise ValueError("a recording that has to be cut is not uploaded")
    if not recording.has_file or not Path(recording.file.path).is_file():
        raise FileNotFoundError(recording.name)
    path = Path(recording.file.path)
    name = f"{Studio.current()}-{recording.purpose}-{recording.pk}{path.suffix}"
    file_id = upload(path, name)
    # If another attempt has uploaded the recording meanwhile, both use that upload.
    saved, _created = ProviderFile.objects.get_or_create(
        recording=recording, account=account, deleted_at=None, defaults={"file_id": file_id}
    )
    return saved.file_id


def forget_uploads(recordings: Iterable[int], account: str) -> None:
    """Mark these recordings as not known at `account` any more, unless there is no copy of ours."""
    files = ProviderFile.objects.living().filter(recording__in=list(recordings), account=account)
    files.exclude(recording__file="").update(deleted_at=timezone.now())


def fetch_example(*, voice: int, by: "User") -> AudioFile:
    """Store an example recording spoken by the stand-in; in practice mode only.

    Raises ExampleUnavailable if the stand-in does not answer.
    """
    voice = (voice - 1) % EXAMPLE_VOICES + 1
    url = f"{settings.MINIMAX_BASE_URL}/practice/example.wav?voice={voice}"
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".wav") as target:
        try:
            provider.client().download(
                url, cast(BinaryIO, target), max_bytes=settings.AUDIO_MAX_BYTES, timeout=30
            )
        except MiniMaxError as error:
            raise ExampleUnavailable from error
        target.flush()
        name = _("Example recording {voice}").format(voice=voice)
        return store_file(
            Path(target.name), f"{name}.wav", purpose=Purpose.SAMPLE, by=by, origin=Origin.EXAMPLE
        )


def delete_recording(recording: AudioFile) -> None:
    """Delete the recording with its files. Raises `RecordingInUse` if an attempt refers to it."""
    try:
        with transaction.atomic():
            AudioFile.objects.filter(pk=recording.pk).delete()
            for file in recording.files:
                transaction.on_commit(partial(file.delete, save=False))
    except ProtectedError as error:
        used = CloneAttempt.objects.using_recording(recording.pk)
        raise RecordingInUse(list(used.order_by("-pk")[:5])) from error
