"""Deletion of recordings, here and at the provider; a deletion that broke is finished later."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, Q

from voicestudio.minimax import AnswerTimeout, Client, MiniMaxError, Reason, Refused
from voicestudio.models import Action, AudioFile, CloneAttempt, Origin, ProviderFile, Verb, clock
from voicestudio.services import storage
from voicestudio.services.audit import record
from voicestudio.services.notes import delete_all_notes
from voicestudio.services.paid_calls import call_log, provider, provider_files
from voicestudio.services.permissions import require
from voicestudio.words import Message
from voicestudio.words.recordings import FILES_NOT_DELETED

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.recordings import AudioFileQuerySet

logger = logging.getLogger(__name__)

# No deletion takes that long.
DELETION_DIED_AFTER: Final = timedelta(minutes=10)


class NotDeleted(Exception):  # noqa: N818 - an answer, not a mistake
    """Something of the recording is still there; `message` says why. It can be repeated."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class DeletedLater(Exception):  # noqa: N818 - an answer, not a mistake
    """MiniMax did not answer in time, so that the worker finishes the deletion."""


class RecordingInUse(Exception):  # noqa: N818 - an answer, not a mistake
    """A recording of attempts that run or made a voice; `attempts` are the newest five."""

    def __init__(self, attempts: list[CloneAttempt]) -> None:
        super().__init__("recording in use")
        self.attempts = attempts


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
        _mark_deleted(recording)
    return _finish(recording, by)


def delete_due_recording(
    recording: AudioFile, due: "AudioFileQuerySet", *, by: "User | None"
) -> bool:
    """Delete the recording unless it has left `due`; return whether it was still among them.

    For the retention, which asks what the person may; None is a rule. Raises `NotDeleted`, and
    `DeletedLater` if MiniMax does not answer in time.
    """
    with transaction.atomic():
        # Locked first, then asked: a request that copies or deletes it waits for this lock.
        AudioFile.objects.select_for_update().only("pk").filter(pk=recording.pk).first()
        if not due.filter(pk=recording.pk).exists():
            return False
        _mark_deleted(recording)
    if not _finish(recording, by):
        raise DeletedLater
    return True


def _mark_deleted(recording: AudioFile) -> None:
    """From now on no form accepts it."""
    AudioFile.objects.filter(pk=recording.pk).update(deleted_at=clock.now())


def _finish(recording: AudioFile, by: "User | None") -> bool:
    """Delete files and row of a marked recording; False if the worker has to finish it."""
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
    # In the order of the index: in that of the ids, SQLite would read all recordings.
    for recording in unfinished.exclude(file="").order_by("deleted_at")[:50]:
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
