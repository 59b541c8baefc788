"""Voices: what people write beside them, and what happened to each, in order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from voicestudio.models import (
    CloneAttempt,
    Event,
    EventKind,
    Speech,
    Tag,
    Voice,
    VoiceState,
)
from voicestudio.models.voices import tag_key

from . import bookkeeping

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

    from voicestudio.models.voice_queryset import VoiceQuerySet

MOST_TAGS: Final = 20
LONGEST_TAG: Final = 40


@dataclass(frozen=True)
class Occurrence:
    """One line of a voice's story: `what` is a code, templates have the words."""

    at: datetime
    kind: str
    person: "User | None" = None
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    attempt: CloneAttempt | None = None
    speech: Speech | None = None


def listed(user: "AbstractBaseUser | AnonymousUser") -> "VoiceQuerySet":
    """All voices that `user` may see, true at this moment: also those whose worker has died."""
    bookkeeping.settle_lapsed()
    return Voice.objects.visible_to(user)


def note(voice: Voice, text: str, *, by: "User") -> None:
    """Write the notes of a voice anew."""
    text = text.strip()
    with transaction.atomic():
        if Voice.objects.filter(pk=voice.pk).exclude(notes=text).update(notes=text):
            Event.objects.create(kind=EventKind.NOTED, voice=voice, person=by, note=text)
            voice.notes = text
            index(voice)


def mark_of(voice: Voice) -> str:
    """One word that changes with the notes and tags of a voice."""
    tags = sorted(one.name for one in voice.tags.all())
    return sha256("\0".join([voice.notes, *tags]).encode()).hexdigest()[:16]


def tag(voice: Voice, names: Iterable[str]) -> list[str]:
    """Give a voice these tags and no others; the names as they are kept."""
    wanted: dict[str, str] = {}
    for name in names:
        clean = " ".join(name.split())[:LONGEST_TAG]
        if clean:
            wanted.setdefault(tag_key(clean), clean)
    with transaction.atomic():
        tags = [
            Tag.objects.get_or_create(key=key, defaults={"name": name})[0]
            for key, name in list(wanted.items())[:MOST_TAGS]
        ]
        voice.tags.set(tags)
        Tag.objects.filter(voices=None).delete()
        index(voice)
    return sorted(one.name for one in tags)


def heard(voice: Voice) -> None:
    """Somebody has listened to it."""
    Voice.objects.filter(pk=voice.pk, heard_at__isnull=True).update(heard_at=timezone.now())


def index(voice: Voice) -> None:
    """Write anew by which words the voice is found."""
    tags = voice.tags.values_list("name", flat=True)
    text = bookkeeping.voice_search_text(voice.voice_id, voice.speaker.name, *tags, voice.notes)
    Voice.objects.filter(pk=voice.pk).update(search_text=text)


def story(voice: Voice) -> list[Occurrence]:
    """Everything that has happened to a voice, in order; what the clock has done as well."""
    attempt: CloneAttempt | None = getattr(voice, "attempt", None)
    found: list[Occurrence] = []
    if attempt is not None:
        sent = attempt.sent_at or attempt.created_at
        found.append(Occurrence(sent, EventKind.CLONED, person=attempt.created_by, attempt=attempt))
    events = Event.objects.filter(voice=voice).select_related("person", "attempt", "speech")
    found += [
        Occurrence(
            event.at, event.kind, event.person, event.note, event.facts, event.attempt, event.speech
        )
        for event in events
    ]
    if voice.state is VoiceState.EXPIRED and voice.expires_at is not None:
        found.append(Occurrence(voice.expires_at, "expired"))
    if voice.deleted_at and not any(one.kind == EventKind.DELETED for one in found):
        # Its ID was given to another voice, so this one was gone.
        found.append(Occurrence(voice.deleted_at, "replaced"))
    return sorted(found, key=lambda one: one.at)
