"""Deletion of a voice at the provider, and of its files there and here."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import MiniMaxError, Reason, Refused
from voicestudio.models import (
    Action,
    AttemptState,
    AudioFile,
    CloneAttempt,
    PaidCall,
    ProviderFile,
    Speech,
    SpeechState,
    Verb,
    Voice,
    clock,
)
from voicestudio.services import storage
from voicestudio.services.audit import record, record_call
from voicestudio.services.money import charges
from voicestudio.services.notes import delete_all_notes
from voicestudio.services.paid_calls import call_log, provider, provider_files
from voicestudio.services.permissions import require
from voicestudio.words import Message
from voicestudio.words.voices import ItemState

from . import bookkeeping

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# Source: provider.md, "Codes": the request is not accepted.
ELSEWHERE: Final = Message(
    _("This voice was made over another connection to MiniMax, or in practice mode."),
    _("It can be deleted only while the studio uses that connection."),
)


@dataclass(frozen=True)
class Item:
    """The result for one thing to delete.

    `kind` is voice, file_there, recording, audio or speech; `message` says why it failed.
    """

    kind: str
    name: str
    state: ItemState
    message: Message | None = None

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted now or before."""
        return self.state in (ItemState.DONE, ItemState.ALREADY_GONE)


@dataclass(frozen=True)
class Deletion:
    """The results of a deletion, which can be repeated until everything is deleted."""

    items: list[Item]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left for another try."""
        return all(item.is_gone or item.state == ItemState.KEPT for item in self.items)

    @property
    def gateway_cannot(self) -> bool:
        """Whether this gateway does not offer deletion."""
        return any(item.state == ItemState.CANNOT for item in self.items)


class WrongConfirmation(Exception):  # noqa: N818 - an answer, not a mistake
    """The typed voice ID is not the ID of the voice."""

    message = Message(_("This is not the voice ID."), _("Type it exactly as it stands there."))


@dataclass(frozen=True)
class DeletionPlan:
    """What would be deleted: audio here, files there; and recordings that other attempts need."""

    audio: bool
    speeches: int
    recordings: list[AudioFile]
    files_there: list[AudioFile]
    needed: list[AudioFile]


def plan_deletion(voice: Voice) -> DeletionPlan:
    """Return what deleting this voice with all its files would delete, and what it would keep."""
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    recordings = _recordings(voice)
    needed = [recording for recording in recordings if _used_elsewhere(recording, voice)]
    free = [recording for recording in recordings if recording not in needed]
    return DeletionPlan(
        audio=attempt is not None and bool(attempt.audio),
        speeches=Speech.objects.filter(voice=voice).exclude(audio="").count(),
        recordings=[recording for recording in free if recording.file],
        files_there=[
            recording
            for recording in free
            if recording.file_id_at(settings.MINIMAX_PROVIDER) and not _is_shared_there(recording)
        ],
        needed=[recording for recording in needed if recording.file or recording.file_id],
    )


def delete_voice(
    voice: Voice,
    *,
    confirmation: str,
    by: "User",
    files_there: bool = False,
    files_here: bool = False,
) -> Deletion:
    """Delete the voice at the provider and, as chosen, its files; its row stays without notes.

    Raises `WrongConfirmation`. Can be repeated: what is already deleted is no failure. Files that
    other attempts need are kept. Our own audio is deleted only after the voice itself.
    """
    require(by, Action.DELETE, voice.project_id)
    if confirmation.strip() != voice.voice_id:
        raise WrongConfirmation
    voice = Voice.objects.select_related("speaker").get(pk=voice.pk)
    items = [_delete_at_provider(voice, by)]
    voice_deleted = items[0].is_gone
    if files_there:
        items += _delete_files_there(voice, by)
    if files_here and voice_deleted:
        items += _delete_files_here(voice, by)
    return Deletion(items)


def _delete_at_provider(voice: Voice, by: "User") -> Item:
    if voice.deleted_at is not None:
        return Item("voice", voice.voice_id, ItemState.ALREADY_GONE)
    if voice.provider != settings.MINIMAX_PROVIDER:
        # A voice of this ID at the current provider would be another one.
        return Item("voice", voice.voice_id, ItemState.FAILED, ELSEWHERE)
    item = _call_provider(
        "voice", voice.voice_id, lambda: provider.quick_client().delete_voice(voice.voice_id)
    )
    if item.is_gone:
        with transaction.atomic():
            # An attempt is locked before its voice, as in `bookkeeping`.
            CloneAttempt.objects.select_for_update().only("pk").filter(cloned_voice=voice).first()
            now = clock.now()
            if Voice.objects.living().filter(pk=voice.pk).update(deleted_at=now, uncertain=False):
                already_gone = item.state == ItemState.ALREADY_GONE
                record(
                    Verb.VOICE_DELETED, by=by, on=voice, at=now,
                    already_gone=already_gone, notes=delete_all_notes(voice),
                )  # fmt: skip
                if item.state == ItemState.DONE:
                    _confirm_attempt(voice)
    return item


def _confirm_attempt(voice: Voice) -> None:
    """Record the success of an attempt whose outcome was unknown: what can be deleted was made."""
    attempt = CloneAttempt.objects.filter(cloned_voice=voice, status=AttemptState.UNKNOWN).first()
    if attempt is not None:
        CloneAttempt.objects.filter(pk=attempt.pk).update(
            status=AttemptState.READY, audio_trouble="lost", finished_at=clock.now(),
            lease_until=None,
        )  # fmt: skip
        charges.charge_attempt(attempt, certain=True)
        record_call(attempt, "ready", late=True)


def _delete_files_there(voice: Voice, by: "User") -> Iterator[Item]:
    account = settings.MINIMAX_PROVIDER
    for recording in _recordings(voice):
        file_id = recording.file_id_at(account)
        if file_id is None:
            continue
        if _used_elsewhere(recording, voice) or _is_shared_there(recording):
            yield Item("file_there", recording.name, ItemState.KEPT)
            continue
        client = provider.quick_client()
        call = partial(provider_files.delete_file, client, file_id, recording.purpose)
        item = _call_provider("file_there", recording.name, call)
        if item.is_gone:
            with transaction.atomic():
                now = clock.now()
                recording.provider_files.living().filter(account=account).update(deleted_at=now)
                facts: dict[str, Any] = {"result": str(item.state)}
                if not recording.file:
                    facts["notes"] = delete_all_notes(recording)
                    AudioFile.objects.filter(pk=recording.pk).update(deleted_at=now)
                record(Verb.UPLOAD_DELETED, by=by, on=recording, **facts)
        yield item


def _delete_files_here(voice: Voice, by: "User") -> Iterator[Item]:
    """Delete our audio. A file that cannot be deleted stays in its row for another try."""
    attempts = CloneAttempt.objects.filter(cloned_voice=voice)
    speeches = Speech.objects.filter(voice=voice, status=SpeechState.READY)
    for calls in (attempts, speeches):
        for call in calls.exclude(audio="", audio_url="", answer_file=""):
            yield from delete_call_audio(call, by=by)
    for recording in _recordings(voice):
        if recording.file:
            yield _delete_recording_here(recording, voice, by)


def delete_call_audio(call: PaidCall, *, by: "User | None") -> list[Item]:
    """Delete our audio of a finished call, and the stored answer, which may hold the audio.

    A file that cannot be deleted stays in its row for another try. The caller asks what the person
    may do; None is a rule of the retention.
    """
    kind = "speech" if isinstance(call, Speech) else "audio"
    files = [file for file in (call.audio, call.answer_file) if file]
    items = [_delete_from_storage(kind, file) for file in files]
    if any(item.state == ItemState.FAILED for item in items):
        return items
    with transaction.atomic():
        # Without its claim, a worker that downloads the audio now has nothing to write.
        type(call)._default_manager.filter(pk=call.pk).update(
            audio="", audio_url="", answer_file="", audio_sha256="", audio_peaks=[],
            audio_lufs=None, audio_trouble="deleted", claim=None, lease_until=None,
        )  # fmt: skip
        result = str(items[0].state) if items else str(ItemState.DONE)
        count = delete_all_notes(call) if isinstance(call, CloneAttempt) else 0
        record(Verb.AUDIO_DELETED, by=by, on=call, result=result, notes=count)
    return items


def _delete_recording_here(recording: AudioFile, voice: Voice, by: "User") -> Item:
    if _used_elsewhere(recording, voice):
        return Item("recording", recording.name, ItemState.KEPT)
    for file in reversed(recording.files):  # the original last: a failure leaves it usable
        item = _delete_from_storage("recording", file, recording.name)
        if item.state == ItemState.FAILED:
            return item
    with transaction.atomic():
        count = delete_all_notes(recording)
        AudioFile.objects.filter(pk=recording.pk).clear_audio(deleted_at=clock.now())
        record(Verb.AUDIO_DELETED, by=by, on=recording, result=str(item.state), notes=count)
    return item


def _recordings(voice: Voice) -> list[AudioFile]:
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    if attempt is None:
        return []
    pks = [pk for pk in (attempt.recording_id, attempt.prompt_clip_id) if pk]
    rows = AudioFile.objects.filter(pk__in=pks).prefetch_related("provider_files")
    return list(rows.order_by("pk"))


def _used_elsewhere(recording: AudioFile, voice: Voice) -> bool:
    """Whether another attempt needs the recording: it is under way, or its voice exists."""
    needed = CloneAttempt.objects.needing_recording(recording.pk)
    return needed.exclude(cloned_voice=voice).exists()


def _is_shared_there(recording: AudioFile) -> bool:
    """Whether another recording has the same file at the provider."""
    account = settings.MINIMAX_PROVIDER
    file_id = recording.file_id_at(account)
    same = ProviderFile.objects.living().filter(account=account, file_id=file_id or 0)
    return file_id is not None and same.exclude(recording=recording).exists()


def _call_provider(kind: str, name: str, call: Callable[[], object]) -> Item:
    """Make one deletion call. It can be repeated, so an unclear answer counts as failed."""
    try:
        answer = call()
    except Refused as error:
        if error.reason is Reason.NOT_FOUND or error.status_code in bookkeeping.MISSING_CODES:
            return Item(kind, name, ItemState.ALREADY_GONE)
        if error.reason is Reason.UNSUPPORTED:
            return Item(kind, name, ItemState.CANNOT)
        return Item(kind, name, ItemState.FAILED, call_log.message_for_free_call(error))
    except MiniMaxError as error:
        return Item(kind, name, ItemState.FAILED, call_log.message_for_free_call(error))
    return Item(kind, name, ItemState.ALREADY_GONE if answer is False else ItemState.DONE)


def _delete_from_storage(kind: str, file: FieldFile, name: str = "") -> Item:
    name = name or str(file.name).rpartition("/")[2]
    try:
        there = storage.exists(file)
        storage.delete(file)
    except OSError:
        logger.exception("%s cannot be deleted from the storage.", file)
        return Item(kind, name, ItemState.FAILED)
    return Item(kind, name, ItemState.DONE if there else ItemState.ALREADY_GONE)
