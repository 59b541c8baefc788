"""Uploads: recordings from people and examples, and their uploads to the provider."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from voicestudio.audio import rules
from voicestudio.minimax import MiniMaxError
from voicestudio.models import (
    Action,
    AttemptState,
    AudioFile,
    CloneAttempt,
    Origin,
    Project,
    ProviderFile,
    Purpose,
    Studio,
    Verb,
    clock,
)
from voicestudio.services import storage
from voicestudio.services.audit import record
from voicestudio.services.paid_calls import provider
from voicestudio.services.permissions import may, require
from voicestudio.words.recordings import EXAMPLE_UNAVAILABLE, FILE_ID_REFUSED

from .store import store_file

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EXAMPLE_VOICES: Final = 4


class ExampleUnavailable(Exception):  # noqa: N818 - an answer, not a mistake
    """The stand-in did not answer with an example; `message` is for people."""

    message = EXAMPLE_UNAVAILABLE


class FileIdRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """This file ID can't be used by this person; `message` does not say whose it is."""

    message = FILE_ID_REFUSED


class UploadUnderWay(Exception):  # noqa: N818 - an answer, not a mistake
    """The worker of another attempt uploads this recording at the moment."""


def store_upload(
    upload: UploadedFile,
    *,
    project: Project,
    purpose: str,
    by: "User",
    origin: Origin = Origin.UPLOADED,
    name: str = "",
) -> AudioFile:
    """Store an uploaded file as a recording of `project`, named `name` or else as the upload.

    Raises `audio.AudioProblem`, storing nothing then, and `NotAllowed`.
    """
    require(by, Action.UPLOAD, project.pk)
    name = name or upload.name or ""
    rules.check_size(upload.size or 0, settings.UPLOAD_MAX_BYTES)
    if isinstance(upload, TemporaryUploadedFile):
        source = Path(upload.temporary_file_path())
        return store_file(
            source, name, project=project, purpose=purpose, by=by, origin=origin, move=True
        )
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return store_file(
            Path(copy.name), name, project=project, purpose=purpose, by=by, origin=origin
        )


def store_local_file(path: Path, *, project: Project, purpose: str, by: "User") -> AudioFile:
    """Store a copy of a file of this machine as a recording. Raises as `store_upload`."""
    require(by, Action.UPLOAD, project.pk)
    rules.check_size(path.stat().st_size, settings.UPLOAD_MAX_BYTES)
    with path.open("rb") as source:
        upload = UploadedFile(source, path.name, size=path.stat().st_size)
        return store_upload(upload, project=project, purpose=purpose, by=by)


def add_by_file_id(file_id: int, *, project: Project, purpose: str, by: "User") -> AudioFile:
    """The recording of `project` that the provider knows as `file_id`.

    If the project has none, the one of another project in which the person may upload. A file ID
    that the studio does not know becomes a new recording without a copy of ours. Raises
    `FileIdRefused` for one of projects in which the person may not upload: it would clone a voice
    from a recording that the person may not use, or not even see.
    """
    require(by, Action.UPLOAD, project.pk)
    account = settings.MINIMAX_PROVIDER
    with transaction.atomic():
        Studio.lock()  # a file_id is not unique, so two requests at once would add it twice
        known = AudioFile.objects.filter(
            provider_files__account=account,
            provider_files__file_id=file_id,
            provider_files__deleted_at=None,
        )
        if recordings := list(known.order_by("-pk")):
            return _choose_usable(recordings, project, by)
        recording = AudioFile.objects.create(
            name=_("File {file_id} at MiniMax").format(file_id=file_id),
            project=project,
            purpose=purpose,
            origin=Origin.FILE_ID,
            created_by=by,
        )
        ProviderFile.objects.create(recording=recording, account=account, file_id=file_id)
        record(Verb.RECORDING_ADDED, by=by, on=recording, origin=str(Origin.FILE_ID))
    return recording


def _choose_usable(recordings: list[AudioFile], project: Project, by: "User") -> AudioFile:
    """The newest of the recordings that the person may use, best of `project`."""
    usable = [each for each in recordings if may(by, Action.UPLOAD, each.project_id)]
    if not usable:
        raise FileIdRefused
    return next((each for each in usable if each.project_id == project.pk), usable[0])


def ensure_uploaded(
    recording: AudioFile, account: str, upload: Callable[[Path, str], int], *, attempt: int
) -> int:
    """Return the `file_id` of the recording at `account`, uploading it if it has none.

    Of several attempts with one fresh recording one uploads it; for the others this raises
    `UploadUnderWay`. `attempt` is the id of the caller's.

    `upload` sends a file under a name that carries this studio's id and returns the `file_id`,
    which is saved at once. Raises FileNotFoundError without a copy of ours, ValueError for a
    recording that has to be cut first, and what `upload` raises.
    """
    living = ProviderFile.objects.living().filter(recording=recording, account=account)
    if file := living.first():
        return file.file_id
    if recording.needs_cutting:
        raise ValueError("a recording that has to be cut is not uploaded")
    if not recording.has_file:
        raise FileNotFoundError(recording.name)
    suffix = PurePosixPath(str(recording.file)).suffix
    name = f"{Studio.current()}-{recording.purpose}-{recording.pk}{suffix}"
    with storage.local_file(recording.file) as path:
        _claim_upload(recording, attempt)
        if file := living.first():  # finished between the look above and the claim
            return file.file_id
        file_id = upload(path, name)
    # If another attempt has uploaded the recording all the same, both use that upload.
    saved, _created = ProviderFile.objects.get_or_create(
        recording=recording, account=account, deleted_at=None, defaults={"file_id": file_id}
    )
    return saved.file_id


def _claim_upload(recording: AudioFile, attempt: int) -> None:
    """Reserve the upload for this attempt; an earlier claim ends with the lease of its worker."""
    busy = CloneAttempt.objects.filter(
        status=AttemptState.SENDING, lease_until__gt=clock.now()
    ).exclude(pk=attempt)
    rows = AudioFile.objects.filter(pk=recording.pk).exclude(uploading_for__in=busy.values("pk"))
    if not rows.update(uploading_for=attempt):
        raise UploadUnderWay


def forget_uploads(recordings: Iterable[int], account: str) -> None:
    """Mark these recordings as not known at `account` any more, unless there is no copy of ours."""
    files = ProviderFile.objects.living().filter(recording__in=list(recordings), account=account)
    files.exclude(recording__file="").update(deleted_at=clock.now())


def fetch_example(*, voice: int, project: Project, by: "User") -> AudioFile:
    """Store an example recording spoken by the stand-in; in practice mode only.

    Raises ExampleUnavailable if the stand-in does not answer.
    """
    require(by, Action.UPLOAD, project.pk)
    voice = (voice - 1) % EXAMPLE_VOICES + 1
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".wav") as target:
        download_example(voice, cast(BinaryIO, target))
        target.flush()
        name = _("Example recording {voice}").format(voice=voice)
        return store_file(
            Path(target.name),
            f"{name}.wav",
            project=project,
            purpose=Purpose.SAMPLE,
            by=by,
            origin=Origin.EXAMPLE,
        )


def download_example(voice: int, target: BinaryIO) -> None:
    """Write the example recording of speaker 1 to `EXAMPLE_VOICES`, a WAV file.

    Raises ExampleUnavailable if the stand-in does not answer.
    """
    url = f"{settings.MINIMAX_BASE_URL}/practice/example.wav?voice={voice}"
    try:
        provider.client().download(url, target, max_bytes=settings.AUDIO_MAX_BYTES, timeout=30)
    except MiniMaxError as error:
        raise ExampleUnavailable from error
