"""Notes of people on attempts, voices and recordings: write, list and delete them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from voicestudio.models import Action, AudioFile, CloneAttempt, Note, Verb, Voice

from .audit import record
from .permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.attempt_queryset import CloneAttemptQuerySet

type Target = CloneAttempt | Voice | AudioFile
# The column of a note by the model of what it is on.
COLUMNS: Final = {"cloneattempt": "attempt", "voice": "voice", "audiofile": "recording"}
# What `CloneAttempt.audio_trouble` is when the preview was deleted.
DELETED: Final = "deleted"
# A page shows the newest ones.
MOST_SHOWN: Final = 200


def add_note(target: Target, text: str, *, by: "User") -> Note:
    """Write a note on an attempt, a voice or a recording; it belongs to the project of that."""
    with transaction.atomic():
        target = _lock(target)
        require(by, Action.NOTE, target.project_id)
        note = Note.objects.create(
            project_id=target.project_id, by=by, text=text, **{column_of(target): target}
        )
        record(Verb.NOTE_WRITTEN, by=by, on=target, note_id=note.pk)
        _attempts_of(target).index_again()
    return note


def delete_note(note: Note, *, by: "User") -> bool:
    """Delete a note; False, and nothing happens, unless `by` has written it."""
    require(by, Action.NOTE, note.project_id)
    if note.by_id != by.pk:
        return False
    with transaction.atomic():
        record(Verb.NOTE_DELETED, by=by, on=note.target, note_id=note.pk)
        note.delete()
        _attempts_of(note.target).index_again()
    return True


def restore_note(target: Target, *, pk: int, text: str, at: datetime, by: "User") -> bool:
    """Write a note again that `by` has just deleted, with its ID and time, unless it is there.

    False if `target` or its audio was deleted meanwhile, which keeps no note.
    """
    with transaction.atomic():
        target = _lock(target)
        require(by, Action.NOTE, target.project_id)
        if _is_deleted(target):
            return False
        facts = {"project_id": target.project_id, "by": by, "text": text, "at": at}
        note, is_new = Note.objects.get_or_create(
            pk=pk, defaults={**facts, column_of(target): target}
        )
        if is_new:
            record(Verb.NOTE_WRITTEN, by=by, on=target, note_id=note.pk)
            _attempts_of(target).index_again()
    return True


def delete_all_notes(target: Target) -> int:
    """Delete the notes of all people on what loses its content; return how many.

    To be called in the transaction that records the deletion, before the row itself is changed:
    attempts are locked before their voices and recordings.
    """
    attempts = list(_attempts_of(target).values_list("pk", flat=True))
    count, _by_model = Note.objects.filter(**{column_of(target): target}).delete()
    if count:
        CloneAttempt.objects.filter(pk__in=attempts).index_again()
    return count


def list_notes(target: Target) -> list[Note]:
    """The newest notes on this, the newest last."""
    rows = Note.objects.filter(**{column_of(target): target}).select_related("by")
    return list(rows.order_by("-pk")[:MOST_SHOWN])[::-1]


def _lock(target: Target) -> Any:
    """The row as it is now, which nothing deletes or moves to another project meanwhile.

    Attempts first, as everywhere.
    """
    attempts = _attempts_of(target).order_by("pk").select_for_update(no_key=True)
    list(attempts.values_list("pk", flat=True))
    rows = type(target)._default_manager.select_for_update(no_key=True)
    found: Any = rows.get(pk=target.pk)
    return found


def _is_deleted(target: Target) -> bool:
    if isinstance(target, CloneAttempt):
        return target.audio_trouble == DELETED
    return target.deleted_at is not None


def _attempts_of(target: Target) -> "CloneAttemptQuerySet":
    """The attempts that are found by notes on this."""
    match target:
        case Voice():
            return CloneAttempt.objects.filter(cloned_voice=target)
        case AudioFile():
            return CloneAttempt.objects.using_recording(target.pk)
    return CloneAttempt.objects.filter(pk=target.pk)


def column_of(target: Target) -> str:
    """The column of a note on this."""
    return COLUMNS[str(target._meta.model_name)]
