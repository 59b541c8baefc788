"""Uploads: recordings from people and examples, their uploads to the provider, and deletion."""

import logging
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from voicestudio.audio import rules
from voicestudio.minimax import AnswerTimeout, Client, MiniMaxError, Reason, Refused
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
from voicestudio.services.notes import delete_all_notes
from voicestudio.services.paid_calls import call_log, provider, provider_files
from voicestudio.services.permissions import may, require
from voicestudio.words import Message
from voicestudio.words.recordings import EXAMPLE_UNAVAILABLE, FILE_ID_REFUSED, FILES_NOT_DELETED

from .store import store_file

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

EXAMPLE_VOICES: Final = 4
# No deletion takes that long.
DELETION_DIED_AFTER: Final = timedelta(minutes=10)


class ExampleUnavailable(Exception):  # noqa: N818 - an answer, not a mistake
    """The stand-in did not answer with an example; `message` is for people."""

    message = EXAMPLE_UNAVAILABLE


class FileIdRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """This file ID can't be used by this person; `message` does not say whose it is."""

    message = FILE_ID_REFUSED


class NotDeleted(Exception):  # noqa: N818 - an answer, not a mistake
    """Something of the recording is still there; `message` says why. It can be repeated."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class UploadUnderWay(Exception):  # noqa: N818 - an answer, not a mistake
    """The worker of another attempt uploads this recording at the moment."""


class RecordingInUse(Exception):  # noqa: N818 - an answer, not a mistake
    """A recording of attempts that run or made a voice; `attempts` are the newest five."""

    def __init__(self, attempts: list[CloneAttempt]) -> None:
        super().__init__("recording in use")
        self.attempts = attempts


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


def delete_recording(recording: AudioFile, *, by: "User") -> bool:
    """Delete the recording, here and at the provider; False if the worker has to finish it.

    That is so if MiniMax does not answer in time. Attempts that made no voice stay as records
    without sound. The row stays until its files are gone, so that a failure can be repeated.
    Raises `RecordingInUse` if an attempt is under way or has made a voice, and `NotDeleted` if
    MiniMax or the disk refuses.
    """
    require(by, Action.DELETE, recording.project_id)
    with transaction.atomic():
        if not AudioFile.objects.select_for_update().filter(pk=recording.pk).exists():
            return True  # another request has deleted it
        used = CloneAttempt.objects.needing_recording(recording.pk)
        if attempts := list(used.order_by("-pk")[:5]):
            raise RecordingInUse(attempts)
        # From now on no form accepts it.
        AudioFile.objects.filter(pk=recording.pk).update(deleted_at=clock.now())
    try:
        _delete_files(recording, provider.quick_client(), by)
    except (MiniMaxError, OSError) as error:
        if isinstance(error, AnswerTimeout) and recording.file:
            return False
        # Unless another request has finished meanwhile.
        still_there = ~Q(file="") | Q(origin=Origin.FILE_ID)
        AudioFile.objects.filter(still_there, pk=recording.pk).update(deleted_at=None)
        if isinstance(error, MiniMaxError):
            raise NotDeleted(call_log.message_for_free_call(error)) from error
        logger.exception("The files of recording %s cannot be deleted.", recording.pk)
        raise NotDeleted(FILES_NOT_DELETED) from error
    _delete_row(recording, by)
    return True


def finish_deletions() -> None:
    """Finish deletions that MiniMax did not answer or whose process died; failures are repeated."""
    now = clock.now()
    unfinished = AudioFile.objects.filter(deleted_at__lt=now - DELETION_DIED_AFTER)
    for recording in unfinished.exclude(file="")[:50]:
        AudioFile.objects.filter(pk=recording.pk).update(deleted_at=now)
        try:
            _delete_files(recording, provider.client(), None)
        except (MiniMaxError, OSError):
            logger.warning("Recording %s cannot be deleted yet.", recording.pk, exc_info=True)
        else:
            _delete_row(recording, None)


def _delete_files(recording: AudioFile, client: Client, by: "User | None") -> None:
    _delete_at_provider(recording, client, by)
    # Read again: a check may have added an envelope or a playable copy meanwhile, and another
    # request may have deleted the row.
    for current in AudioFile.objects.filter(pk=recording.pk):
        for file in reversed(current.files):  # the original last: a failure leaves it usable
            storage.delete(file)


def _delete_row(recording: AudioFile, by: "User | None") -> None:
    """Delete the row with its notes, or empty it if attempts refer to it."""
    rows = AudioFile.objects.filter(pk=recording.pk)
    with transaction.atomic():
        if not rows.exists():
            return  # another request has deleted it
        count = delete_all_notes(recording)
        try:
            with transaction.atomic():
                rows.delete()
        except ProtectedError:
            rows.clear_audio()
        record(Verb.RECORDING_DELETED, by=by, on=recording, notes=count)


def _delete_at_provider(recording: AudioFile, client: Client, by: "User | None") -> None:
    """Delete our uploads of this recording there, unless a gateway cannot delete."""
    account = settings.MINIMAX_PROVIDER
    for file in recording.provider_files.living().filter(account=account):
        others = ProviderFile.objects.living().filter(account=account, file_id=file.file_id)
        if not others.exclude(recording=recording).exists():
            try:
                provider_files.delete_file(client, file.file_id, recording.purpose)
            except Refused as error:
                if error.reason is not Reason.UNSUPPORTED:
                    raise
                continue
        with transaction.atomic():
            living = ProviderFile.objects.living().filter(pk=file.pk)
            if living.update(deleted_at=clock.now()):
                record(Verb.UPLOAD_DELETED, by=by, on=recording, result="done")
