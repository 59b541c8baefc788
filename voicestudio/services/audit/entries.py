"""Entries: `record` says that something happened, to the audit trail and to the timelines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import models
from django.utils import translation

from voicestudio.models import (
    AuditEntry,
    CloneAttempt,
    Event,
    EventKind,
    ObjectKind,
    PaidCall,
    Speaker,
    Speech,
    Verb,
    Voice,
    clock,
)
from voicestudio.words.audit import MOVES, NO_NAMES, describe_entry

from .origins import current_origin, current_person

if TYPE_CHECKING:
    from voicestudio.models.audit import AuditQuerySet, Subject

# Such an entry is an event, too: on the timeline of a voice, an attempt, a speech or a speaker.
TIMELINE: Final[dict[Verb, EventKind]] = {
    Verb.VOICE_KEPT: EventKind.KEPT,
    Verb.REMINDER_DISMISSED: EventKind.REMINDER_DISMISSED,
    Verb.VOICE_MISSING: EventKind.MISSING,
    Verb.VOICE_IMPORTED: EventKind.IMPORTED,
    Verb.CLONE_CHECKED: EventKind.CHECKED,
    Verb.CLONE_SETTLED: EventKind.SETTLED,
    Verb.SPEECH_SETTLED: EventKind.SETTLED,
    Verb.NOTES_CHANGED: EventKind.NOTED,
    Verb.VOICE_DELETED: EventKind.DELETED,
    Verb.VOICE_REBUILT: EventKind.REBUILT,
    Verb.CLONE_PINNED: EventKind.PINNED,
    Verb.LIMIT_RAISED: EventKind.ALLOWED,
    Verb.SPEAKER_RENAMED: EventKind.RENAMED,
    Verb.SPEAKERS_MERGED: EventKind.MERGED,
    Verb.SPEAKER_MOVED: EventKind.MOVED,
    Verb.BILL_DIFFERED: EventKind.BILL_DIFFERS,
}
KINDS: Final[dict[str, ObjectKind]] = {
    "cloneattempt": ObjectKind.ATTEMPT,
    "speech": ObjectKind.SPEECH,
    "voice": ObjectKind.VOICE,
    "speaker": ObjectKind.SPEAKER,
    "audiofile": ObjectKind.RECORDING,
    "user": ObjectKind.PERSON,
    "project": ObjectKind.PROJECT,
    "invitation": ObjectKind.INVITATION,
}
CALLS: Final = {"cloneattempt": "clone", "speech": "speech"}
CHUNK: Final = 2_000


def record(
    verb: Verb,
    *,
    by: Any = None,
    on: models.Model | None = None,
    project: int | None = None,
    at: datetime | None = None,
    note: str = "",
    beside: models.Model | None = None,
    also_on: Iterable[Voice] = (),
    timeline: Mapping[str, Any] | None = None,
    **facts: Any,
) -> None:
    """Say that something happened; to be called in the transaction that makes it happen.

    `by` is a user; None for the person of the request, if there is one. `on` is what it happened
    to, with its project unless `project` names one. `facts` are IDs, numbers and codes; "looker" is
    the administrator who did it as an example person.

    Only timelines get `note`, the facts in `timeline` and the time `at`, because they may hold
    names and texts; `beside` is a second object of the event, and each voice of `also_on` gets an
    event of its own, without the facts in `timeline`.
    """
    origin = current_origin()
    person = by or current_person()
    person_id = person.pk if person else None
    with translation.override(settings.LANGUAGE_CODE):  # one for all readers of the file
        text = describe_entry(verb, facts) or str(verb.label)
    if looker := origin.find_looker():
        facts["looker"] = looker.pk
    AuditEntry.objects.create(
        person_id=person_id,
        person=person.get_username()[:150] if person else "",
        way=origin.way,
        address=origin.address,
        user_agent=origin.user_agent,
        verb=verb,
        project_id=project if project is not None else getattr(on, "project_id", None),
        object_kind=KINDS[str(on._meta.model_name)] if on is not None else "",
        object_id=on.pk if on is not None else None,
        text=text[:500],
        facts=facts,
    )
    if kind := TIMELINE.get(verb):
        common = {
            "kind": kind, "person_id": person_id, "note": note, "at": at or clock.now()
        }  # fmt: skip
        links = _links(beside) | _links(on)
        Event.objects.bulk_create(Event(voice=voice, facts=facts, **common) for voice in also_on)
        Event.objects.create(facts=facts | dict(timeline or {}), **links, **common)


def describe(entry: AuditEntry, projects: Mapping[int, str] = NO_NAMES) -> str:
    """What an entry says in the language of the reader; in that of the trail, as it was sealed.

    A move names its projects, whose names by IDs are `projects`: the trail has only the IDs.
    """
    if entry.verb not in MOVES and translation.get_language() == settings.LANGUAGE_CODE:
        return entry.text
    return describe_entry(entry.verb, entry.facts, projects) or entry.get_verb_display()


def record_call(call: PaidCall, step: str, *, by: Any = None, **facts: Any) -> None:
    """Say what became of a paid call: "requested", "ready", "failed", "unknown" and so on.

    Without `by` and outside of a request, the entry names the person who requested the call.
    """
    verb = Verb(f"{CALLS[str(call._meta.model_name)]}_{step}")
    record(verb, by=by or current_person() or call.created_by, on=call, **facts)


def export_entries(
    entries: "AuditQuerySet", subjects: "Sequence[Subject] | None" = None
) -> Iterator[AuditEntry]:
    """Yield these entries, the newest first; in chunks, so that no long file holds the database."""
    edge: int | None = None
    while True:
        chunk = entries.read(CHUNK, before=edge, subjects=subjects)
        yield from chunk
        if len(chunk) < CHUNK:
            return
        edge = chunk[-1].pk


def _links(row: models.Model | None) -> dict[str, Any]:
    """The columns of an event that name this row."""
    match row:
        case CloneAttempt():
            return {"attempt": row, "voice": row.cloned_voice}
        case Speech():
            return {"speech": row, "voice": row.voice}
        case Voice():
            return {"voice": row}
        case Speaker():
            return {"speaker": row}
    return {}
