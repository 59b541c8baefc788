"""Notes, tags and timeline of a voice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from voicestudio.models import (
    Action,
    CloneAttempt,
    Event,
    EventKind,
    Tag,
    Verb,
    Voice,
    VoiceState,
    access_of,
    clock,
)
from voicestudio.models.compiled_query import CompiledQuery
from voicestudio.models.voices import tag_key
from voicestudio.services.audit import record
from voicestudio.services.permissions import require
from voicestudio.words.voices import TOO_MANY_TAGS

from . import bookkeeping

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
    from django.db.models import QuerySet

    from voicestudio.models.voice_queryset import VoiceQuerySet

MOST_TAGS: Final = 20
LONGEST_TAG: Final = 40


class TooManyTags(Exception):  # noqa: N818 - an answer, not a mistake
    """The voice would have more tags than a voice may have; `message` says so."""

    message = TOO_MANY_TAGS


@dataclass(frozen=True)
class TimelineEntry:
    """One entry of a voice's timeline; templates have the words for `kind`."""

    at: datetime
    kind: str
    person: "User | None" = None
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def visible_voices(user: "AbstractBaseUser | AnonymousUser") -> "VoiceQuerySet":
    """The voices that `user` may see, after recording what follows from lost workers."""
    bookkeeping.settle_lapsed()
    return Voice.objects.visible_to(user)


def voices_in_use(user: "AbstractBaseUser | AnonymousUser") -> "VoiceQuerySet":
    """As `visible_voices`, of the project in use."""
    bookkeeping.settle_lapsed()
    return Voice.objects.in_use_by(user)


def list_tags(person: "AbstractBaseUser | AnonymousUser", most: int) -> list[str]:
    """The names of the tags of the voices in the project in use, or of all that a person sees."""
    tags, access = Tag.objects.all(), access_of(person)
    if access.in_use is not None or access.projects() is not None:
        tagged = Voice.tags.through._default_manager.filter(tag=OuterRef("pk"))
        tags = tags.filter(Exists(tagged.filter(voice__in=Voice.objects.in_use_by(person))))
    return list(tags.values_list("name", flat=True)[:most])


def list_tags_of(voices: Iterable[int]) -> dict[int, list[str]]:
    """The names of the tags of each of these voices, by their ids, in one query."""
    names: dict[int, list[str]] = {pk: [] for pk in voices}
    for pk, name in _TAGS.rows(names):
        names[pk].append(name)
    return names


def _tags_of(voices: Iterable[int]) -> "QuerySet[Any, Any]":
    tagged = Voice.tags.through._default_manager.filter(voice__in=voices)
    return tagged.order_by("tag__name").values_list("voice", "tag__name")


_TAGS: Final = CompiledQuery(_tags_of)


def save_notes(voice: Voice, text: str, *, by: "User") -> None:
    """Replace the notes of a voice."""
    require(by, Action.NOTE, voice.project_id)
    text = text.strip()
    with transaction.atomic():
        if Voice.objects.filter(pk=voice.pk).exclude(notes=text).update(notes=text):
            record(Verb.NOTES_CHANGED, by=by, on=voice, note=text)
            voice.notes = text
            update_search_text(voice)


def notes_version(voice: Voice) -> str:
    """A hash that changes with the notes and tags of a voice."""
    tags = sorted(tag.name for tag in voice.tags.all())
    return sha256("\0".join([voice.notes, *tags]).encode()).hexdigest()[:16]


def set_tags(voice: Voice, names: Iterable[str], *, by: "User") -> list[str]:
    """Replace the tags of a voice; return their names as they are shown."""
    require(by, Action.NOTE, voice.project_id)
    names_by_key: dict[str, str] = {}
    for name in names:
        clean = " ".join(name.split())[:LONGEST_TAG]
        if clean:
            names_by_key.setdefault(tag_key(clean), clean)
    with transaction.atomic():
        tags = [
            Tag.objects.get_or_create(key=key, defaults={"name": name})[0]
            for key, name in list(names_by_key.items())[:MOST_TAGS]
        ]
        before = set(voice.tags.values_list("pk", flat=True))
        voice.tags.set(tags)
        if before != {tag.pk for tag in tags}:
            record(Verb.TAGS_CHANGED, by=by, on=voice, count=len(tags))
        Tag.objects.filter(voices=None).delete()
        update_search_text(voice)
    return sorted(tag.name for tag in tags)


def add_tags(voice: Voice, names: Iterable[str], *, by: "User") -> list[int]:
    """Add tags to those of a voice; return the IDs of the new taggings, for `remove_taggings`.

    Raises `TooManyTags`.
    """
    require(by, Action.NOTE, voice.project_id)
    with transaction.atomic():
        Voice.objects.select_for_update().get(pk=voice.pk)  # so that no tag added meanwhile is lost
        given = [*voice.tags.order_by("name").values_list("name", flat=True), *names]
        if len({tag_key(" ".join(name.split())[:LONGEST_TAG]) for name in given}) > MOST_TAGS:
            raise TooManyTags
        before = set(_taggings_of(voice))
        set_tags(voice, given, by=by)
        return [pk for pk in _taggings_of(voice) if pk not in before]


def remove_taggings(voice: Voice, taggings: Iterable[int], *, by: "User") -> bool:
    """Remove tags that `add_tags` has added; False if none of these taggings is left.

    A tag that was removed and added again meanwhile is another tagging, and stays.
    """
    require(by, Action.NOTE, voice.project_id)
    with transaction.atomic():
        Voice.objects.select_for_update().get(pk=voice.pk)  # as in `add_tags`
        left = _taggings_of(voice).filter(pk__in=taggings).values_list("tag", flat=True)
        others = voice.tags.exclude(pk__in=list(left)).values_list("name", flat=True)
        if is_left := bool(left):
            set_tags(voice, list(others), by=by)
    return is_left


def _taggings_of(voice: Voice) -> "QuerySet[Any, int]":
    """The IDs of the rows that give the voice its tags."""
    rows = Voice.tags.through._default_manager.filter(voice=voice)
    return rows.order_by("pk").values_list("pk", flat=True)


def mark_heard(voice: Voice, *, by: "User") -> datetime | None:
    """Record that a person has listened to the voice; return when, None if it was before."""
    require(by, Action.NOTE, voice.project_id)
    unheard = Voice.objects.filter(pk=voice.pk, heard_at__isnull=True)
    now = clock.now()
    return now if unheard.update(heard_at=now) else None


def mark_unheard(voice: Voice, heard_at: datetime, *, by: "User") -> bool:
    """Take back a mark of `mark_heard`, of this time; False if the voice was marked again since."""
    require(by, Action.NOTE, voice.project_id)
    rows = Voice.objects.filter(pk=voice.pk)
    rows.filter(heard_at=heard_at).update(heard_at=None)
    return not rows.filter(heard_at__isnull=False).exists()


def update_search_text(voice: Voice) -> None:
    """Update the text to search for the voice in, after its notes or tags have changed."""
    tags = voice.tags.values_list("name", flat=True)
    text = bookkeeping.voice_search_text(voice.voice_id, voice.speaker.name, *tags, voice.notes)
    Voice.objects.filter(pk=voice.pk).update(search_text=text)


def voice_timeline(voice: Voice) -> list[TimelineEntry]:
    """The events of a voice in order, with its expiry."""
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    entries: list[TimelineEntry] = []
    if attempt is not None:
        sent = attempt.sent_at or attempt.created_at
        entries.append(TimelineEntry(sent, EventKind.CLONED, person=attempt.created_by))
    entries += [
        TimelineEntry(event.at, event.kind, event.person, event.note, event.facts)
        for event in Event.objects.filter(voice=voice).select_related("person")
    ]
    if voice.state is VoiceState.EXPIRED and voice.expires_at is not None:
        entries.append(TimelineEntry(voice.expires_at, "expired"))
    if voice.deleted_at and not any(entry.kind == EventKind.DELETED for entry in entries):
        # MiniMax has made another voice with its ID, so this one no longer existed.
        entries.append(TimelineEntry(voice.deleted_at, "replaced"))
    return sorted(entries, key=lambda entry: entry.at)
