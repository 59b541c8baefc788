"""Deleting: a voice at the provider, its files there and here; each item says what became of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import MiniMaxError, Reason, Refused
from voicestudio.models import (
    AudioFile,
    CloneAttempt,
    Event,
    EventKind,
    ProviderFile,
    Speech,
    SpeechState,
    Voice,
)
from voicestudio.services.money import charges
from voicestudio.services.paid_calls import call_log, provider
from voicestudio.words import Message

from . import bookkeeping

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DONE: Final = "done"
GONE: Final = "already_gone"
FAILED: Final = "failed"
CANNOT: Final = "cannot"  # this gateway has no such call; said once, not for every item
KEPT: Final = "kept"  # something else still needs it
# Source: provider.md, "Codes": the request is not accepted.
NOT_ACCEPTED: Final = 2013
ELSEWHERE: Final = Message(
    _("This voice was made over another connection to MiniMax, or in practice mode."),
    _("It can be deleted only while the studio uses that connection."),
)


@dataclass(frozen=True)
class Item:
    """One thing that was to be deleted.

    `what` is voice, file_there, recording, demo or speech; `message` tells why it did not work.
    """

    what: str
    name: str
    state: str
    message: Message | None = None


@dataclass(frozen=True)
class Deletion:
    """What became of every item; the same can be asked for again until all is gone."""

    items: list[Item]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left that another try could still delete."""
        return all(item.state in (DONE, GONE, KEPT) for item in self.items)

    @property
    def gateway_cannot(self) -> bool:
        """Whether this gateway offers no deleting."""
        return any(item.state == CANNOT for item in self.items)


class NotConfirmed(Exception):  # noqa: N818 - an answer, not a mistake
    """The voice ID that was typed is not that of the voice."""

    message = Message(_("This is not the voice ID."), _("Type it exactly as it stands there."))


@dataclass(frozen=True)
class AtStake:
    """What would be lost: audio here, files there, and recordings that others still need."""

    audio: bool
    speeches: int
    recordings: list[AudioFile]
    files_there: list[AudioFile]
    needed: list[AudioFile]


def at_stake(voice: Voice) -> AtStake:
    """What a deletion of this voice with all its files would take away, and what it would keep."""
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    found = _recordings(voice)
    needed = [recording for recording in found if _used_elsewhere(recording, voice)]
    free = [recording for recording in found if recording not in needed]
    return AtStake(
        audio=attempt is not None and bool(attempt.audio),
        speeches=Speech.objects.filter(voice=voice).exclude(audio="").count(),
        recordings=[recording for recording in free if recording.file],
        files_there=[one for one in free if one.file_id_at(settings.MINIMAX_PROVIDER)],
        needed=[one for one in needed if one.file or one.file_id],
    )


def delete_voice(
    voice: Voice,
    *,
    confirmation: str,
    by: "User",
    files_there: bool = False,
    files_here: bool = False,
) -> Deletion:
    """Delete the voice at the provider and, if asked for, its files; a tombstone stays here.

    Raises `NotConfirmed`. Can be repeated: what is gone already is no failure. Files that another
    voice's attempts need are kept. Our own audio goes only once the voice itself is gone.
    """
    if confirmation.strip() != voice.voice_id:
        raise NotConfirmed
    voice = Voice.objects.select_related("speaker").get(pk=voice.pk)
    items = [_voice(voice, by)]
    is_gone = items[0].state in (DONE, GONE)
    if files_there:
        items += _files_there(voice)
    if files_here and is_gone:
        items += _files_here(voice)
    return Deletion(items)


def _voice(voice: Voice, by: "User") -> Item:
    if voice.deleted_at is not None:
        return Item("voice", voice.voice_id, GONE)
    if voice.provider != settings.MINIMAX_PROVIDER:
        # A voice of that ID over here would be somebody else's: nothing is asked.
        return Item("voice", voice.voice_id, FAILED, ELSEWHERE)
    item = _asked("voice", voice.voice_id, lambda: provider.client().delete_voice(voice.voice_id))
    if item.state in (DONE, GONE):
        with transaction.atomic():
            now = timezone.now()
            if Voice.objects.living().filter(pk=voice.pk).update(deleted_at=now, uncertain=False):
                Event.objects.create(
                    kind=EventKind.DELETED,
                    at=now,
                    voice=voice,
                    person=by,
                    facts={"already_gone": item.state == GONE},
                )
                if item.state == DONE:
                    _settle_attempt(voice)
    return item


def _settle_attempt(voice: Voice) -> None:
    """An attempt that was not known is known now: what can be deleted had been made."""
    attempt = CloneAttempt.objects.filter(cloned_voice=voice, status="unknown").first()
    if attempt is not None:
        CloneAttempt.objects.filter(pk=attempt.pk).update(
            status="ready", audio_trouble="lost", finished_at=timezone.now(), lease_until=None
        )
        charges.charge_preview(attempt, certain=True)


def _files_there(voice: Voice) -> Iterator[Item]:
    account = settings.MINIMAX_PROVIDER
    for recording in _recordings(voice):
        file_id = recording.file_id_at(account)
        if file_id is None:
            continue
        same = ProviderFile.objects.living().filter(account=account, file_id=file_id)
        if _used_elsewhere(recording, voice) or same.exclude(recording=recording).exists():
            yield Item("file_there", recording.name, KEPT)
            continue
        call = partial(_delete_file, file_id, recording.purpose)
        item = _asked("file_there", recording.name, call)
        if item.state in (DONE, GONE):
            with transaction.atomic():
                now = timezone.now()
                same.update(deleted_at=now)
                if not recording.file:
                    AudioFile.objects.filter(pk=recording.pk).update(deleted_at=now)
        yield item


def _files_here(voice: Voice) -> Iterator[Item]:
    """What could not be deleted stays in its row, so that another try finds it again."""
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    if attempt is not None and (attempt.audio or attempt.audio_url):
        item = _unlinked("audio", attempt.audio) if attempt.audio else None
        if item is None or item.state != FAILED:
            # Without its claim, a worker that is copying it at this moment has nothing to write.
            CloneAttempt.objects.filter(pk=attempt.pk).update(
                audio="", audio_url="", audio_peaks=[], audio_trouble="deleted",
                claim=None, lease_until=None,
            )  # fmt: skip
        if item is not None:
            yield item
    heard = Speech.objects.filter(voice=voice, status=SpeechState.READY)
    for speech in heard.exclude(audio="", audio_url=""):
        item = _unlinked("speech", speech.audio) if speech.audio else None
        if item is None or item.state != FAILED:
            Speech.objects.filter(pk=speech.pk).update(
                audio="", audio_url="", audio_peaks=[], audio_trouble="deleted",
                claim=None, lease_until=None,
            )  # fmt: skip
        if item is not None:
            yield item
    for recording in _recordings(voice):
        if recording.file:
            yield _recording_here(recording, voice)


def _recording_here(recording: AudioFile, voice: Voice) -> Item:
    if _used_elsewhere(recording, voice):
        return Item("recording", recording.name, KEPT)
    item = _unlinked("recording", recording.file, recording.name)
    if item.state != FAILED:
        if recording.envelope:
            default_storage.delete(str(recording.envelope.name))
        AudioFile.objects.filter(pk=recording.pk).update(
            file="", peaks=[], envelope="", deleted_at=timezone.now()
        )
    return item


def _recordings(voice: Voice) -> list[AudioFile]:
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    if attempt is None:
        return []
    pks = [pk for pk in (attempt.recording_id, attempt.prompt_clip_id) if pk]
    rows = AudioFile.objects.filter(pk__in=pks).prefetch_related("provider_files")
    return list(rows.order_by("pk"))


def _used_elsewhere(recording: AudioFile, voice: Voice) -> bool:
    """Whether another attempt needs it, unless its voice has been deleted as well."""
    others = CloneAttempt.objects.using_recording(recording.pk).exclude(cloned_voice=voice)
    return others.exclude(cloned_voice__deleted_at__isnull=False).exists()


def _asked(what: str, name: str, call: Callable[[], object]) -> Item:
    """One deletion at the provider; it may be repeated, so an unclear answer is a failure."""
    try:
        answer = call()
    except Refused as error:
        if error.reason is Reason.NOT_FOUND or error.status_code in bookkeeping.MISSING_CODES:
            return Item(what, name, GONE)
        if error.reason is Reason.UNSUPPORTED:
            return Item(what, name, CANNOT)
        return Item(what, name, FAILED, call_log.message_for_free_call(error))
    except MiniMaxError as error:
        return Item(what, name, FAILED, call_log.message_for_free_call(error))
    return Item(what, name, GONE if answer == GONE else DONE)


def _delete_file(file_id: int, purpose: str) -> object:
    """Delete a file there. An unknown one is refused like any wrong request: the list tells."""
    client = provider.client()
    try:
        return client.delete_file(file_id, purpose)
    except Refused as error:
        if error.status_code != NOT_ACCEPTED:
            raise
        try:
            listed = client.list_files(purpose).files
        except MiniMaxError:
            raise error from None  # what the deletion was told is what counts
        if any(file.file_id == file_id for file in listed):
            raise
        return GONE


def _unlinked(what: str, file: FieldFile, name: str = "") -> Item:
    name = name or str(file.name).rpartition("/")[2]
    there = default_storage.exists(str(file.name))
    try:
        default_storage.delete(str(file.name))
    except OSError:
        return Item(what, name, FAILED)
    return Item(what, name, DONE if there else GONE)
