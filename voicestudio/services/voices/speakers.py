"""Speakers: renamed, and two that are one person merged."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from django.db import transaction

from voicestudio.models import Charge, CloneAttempt, Event, EventKind, Speaker, Studio, Voice
from voicestudio.models.search import fold_text

from .notes import update_search_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# The form offers so many names, the newest first, and compares a typed one with so many.
OFFERED: Final = 200
COMPARED: Final = 2_000
# From 0 to 1: how alike two names are that may be of one person.
ALIKE: Final = 0.85


class NameTaken(Exception):  # noqa: N818 - an answer, not a mistake
    """Another speaker has this name; `speaker` may be the same person."""

    def __init__(self, speaker: Speaker) -> None:
        super().__init__("name taken")
        self.speaker = speaker


def list_names() -> list[str]:
    """The names of the newest speakers, to choose from while typing."""
    return list(Speaker.objects.order_by("-pk").values_list("name", flat=True)[:OFFERED])


def find_similar(name: str) -> list[Speaker]:
    """At most three speakers whose names differ a little from `name`: accents, a typing error.

    Empty if there is a speaker of this name.
    """
    if not name or Speaker.objects.find_by_name(name) is not None:
        return []
    known = dict(Speaker.objects.order_by("-pk").values_list("search_text", "pk")[:COMPARED])
    found = get_close_matches(fold_text(name), known, n=3, cutoff=ALIKE)
    return list(Speaker.objects.filter(pk__in=[known[text] for text in found]))


def rename_speaker(speaker: Speaker, name: str, *, by: "User") -> None:
    """Give a speaker another name, in all attempts and voices too. Raises `NameTaken`."""
    name = " ".join(name.split())
    with transaction.atomic():
        Studio.lock()  # so that no request adds a speaker of this name meanwhile
        other = Speaker.objects.exclude(pk=speaker.pk).find_by_name(name)
        if other is not None:
            raise NameTaken(other)
        previous, speaker.name = speaker.name, name
        speaker.save()
        _move(speaker, speaker, EventKind.RENAMED, previous, by)


def merge_speakers(source: Speaker, target: Speaker, *, by: "User") -> bool:
    """Make all that belongs to `source` belong to `target`, and delete `source`.

    False if one of them is gone, because another request has merged them meanwhile.
    Both are the same person, so the best attempt of `target` stays the best one.
    """
    with transaction.atomic():
        Studio.lock()
        current = Speaker.objects.in_bulk([source.pk, target.pk])
        if len(current) < 2:  # the same one, or merged by another request meanwhile
            return False
        source, target = current[source.pk], current[target.pk]
        _move(source, target, EventKind.MERGED, source.name, by)
        Charge.objects.filter(speaker=source).update(speaker=target)
        if target.best_attempt_id is None:
            Speaker.objects.filter(pk=target.pk).update(best_attempt=source.best_attempt_id)
        source.delete()
    return True


def _move(
    source: Speaker, target: Speaker, kind: EventKind, previous_name: str, by: "User"
) -> None:
    """Give the attempts and voices of `source` to `target` under its name."""
    CloneAttempt.objects.filter(speaker=source).assign_speaker(target)
    note = f"{previous_name} → {target.name}"
    voices = list(Voice.objects.filter(speaker=source))
    Voice.objects.filter(speaker=source).update(speaker=target)
    for voice in voices:
        voice.speaker = target
        update_search_text(voice)
    Event.objects.bulk_create(
        Event(kind=kind, voice=voice, person=by, note=note) for voice in voices
    )
