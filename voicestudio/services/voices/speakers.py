"""Speakers: chosen or added, renamed, and two that are one person merged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from voicestudio.models import (
    Action,
    Charge,
    CloneAttempt,
    Event,
    EventKind,
    Project,
    Speaker,
    Studio,
    Verb,
    Voice,
)
from voicestudio.models.search import fold_text
from voicestudio.services.audit import record
from voicestudio.services.paid_calls.orders import OrderRefused
from voicestudio.services.permissions import require
from voicestudio.words import Message

from .notes import update_search_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.speakers import SpeakerQuerySet

LONGEST_NAME: Final = 120
# A page without JavaScript offers so many names, the newest first; a list beside the field fewer.
OFFERED: Final = 200
LISTED: Final = 8
# A typed name is compared with so many, and a question names so many.
COMPARED: Final = 2_000
# The time of a comparison grows with the square of the length.
COMPARED_LETTERS: Final = 40
ASKED: Final = 5
# From 0 to 1: how alike two names are that may be of one person.
ALIKE: Final = 0.85


@dataclass(frozen=True)
class KnownSpeaker:
    """A speaker with the facts that tell two of one name apart."""

    pk: int
    name: str
    voices: int
    added_at: datetime


class SpeakerUnclear(OrderRefused):
    """Speakers of this name, or of nearly the same, exist; a person says whether it is one of them.

    `similar` are those speakers.
    """

    def __init__(self, similar: list[KnownSpeaker]) -> None:
        message = Message(
            _("A speaker with this name, or nearly this name, exists."),
            _("Say whether it's the same person."),
        )
        super().__init__("speaker", message)
        self.similar = similar


class SpeakerGone(OrderRefused):
    """The chosen speaker does not exist."""

    def __init__(self) -> None:
        message = Message(_("This speaker doesn't exist."), _("Choose the speaker again."))
        super().__init__("speaker", message)


# Choosing -----------------------------------------------------------------------------------------


def choose_speaker(
    name: str, *, project: Project, speaker_id: int | None, is_new: bool, by: "User"
) -> Speaker:
    """The speaker of this ID, or a new one of this name in `project`; call it in a transaction.

    Two people may share a name, so a name alone never chooses a speaker. Raises `SpeakerUnclear`
    for a name that is known or nearly known, unless `is_new` says that it is another person, and
    `SpeakerGone` for an ID that no speaker has.
    """
    require(by, Action.CLONE, project.pk)
    Studio.lock()  # so that two requests for one new name do not both add it unasked
    if speaker_id is not None:
        visible = Speaker.objects.visible_to(by)
        speaker = visible.filter(pk=current_id(speaker_id)).first()
        if speaker is None:
            raise SpeakerGone
        # The speaker may have been moved since the form was shown.
        require(by, Action.CLONE, speaker.project_id)
        return speaker
    same_project = Speaker.objects.filter(project=project)
    if not is_new and (similar := find_similar(name, same_project)):
        raise SpeakerUnclear(similar)
    speaker = Speaker.objects.create(name=_normalize(name), project=project, created_by=by)
    record(Verb.SPEAKER_ADDED, by=by, on=speaker)
    return speaker


def offered_to(person: "User") -> "SpeakerQuerySet":
    """The speakers that a person chooses from: those of the project in use, else all visible."""
    return Speaker.objects.in_use_by(person)


def list_names(among: "SpeakerQuerySet") -> list[str]:
    """The names of the newest speakers, each once, to choose from while typing."""
    names = among.order_by("-pk").values_list("name", flat=True)[:OFFERED]
    return list(dict.fromkeys(names))


def list_options(words: str, among: "SpeakerQuerySet") -> list[KnownSpeaker]:
    """The newest speakers whose names contain `words`."""
    return _describe(among.search(words), LISTED)


def find_similar(
    name: str, among: "SpeakerQuerySet", *, besides: int | None = None
) -> list[KnownSpeaker]:
    """The speakers of this name, in any case or accent, or else those whose names differ a little.

    `besides` is the ID of a speaker who is left out.
    """
    if not name:
        return []
    others = among.exclude(pk=besides) if besides else among
    if same := _describe(others.named(name), ASKED):
        return same
    texts = others.order_by("-pk").values_list("search_text", flat=True)[:COMPARED]
    known = {text[:COMPARED_LETTERS]: text for text in texts}
    wanted = fold_text(name)[:COMPARED_LETTERS]
    close = get_close_matches(wanted, known, n=ASKED, cutoff=ALIKE)
    return _describe(others.filter(search_text__in=[known[text] for text in close]), ASKED)


def find_by_id(speaker_id: int, among: "SpeakerQuerySet") -> KnownSpeaker | None:
    """The speaker of this ID, or with whom that one was merged."""
    return next(iter(_describe(among.filter(pk=current_id(speaker_id)), 1)), None)


def current_id(speaker_id: int) -> int:
    """The ID of the speaker with whom this one was merged meanwhile, else the same."""
    if Speaker.objects.filter(pk=speaker_id).exists():
        return speaker_id
    merges = Event.objects.filter(kind=EventKind.MERGED, speaker__isnull=False)
    target = merges.filter(facts__merged=speaker_id).values_list("speaker", flat=True).first()
    return target or speaker_id


def find_named(name: str, among: "SpeakerQuerySet") -> list[KnownSpeaker]:
    """The speakers whose name is spelled exactly like this."""
    return _describe(among.filter(name=_normalize(name)), ASKED)


def former_names(speaker_id: int) -> set[str]:
    """The names that a speaker had before it was renamed, and those of speakers merged into it."""
    events = Event.objects.filter(speaker=speaker_id).values_list("facts", flat=True)
    return {facts["previous"] for facts in events if "previous" in facts}


def _describe(speakers: "SpeakerQuerySet", count: int) -> list[KnownSpeaker]:
    """The newest `count` of these speakers with their facts."""
    rows = list(speakers.order_by("-pk")[:count])
    living = Voice.objects.filter(speaker__in=rows, deleted_at=None).order_by()
    voices = dict(living.values_list("speaker").annotate(Count("pk")))
    return [KnownSpeaker(row.pk, row.name, voices.get(row.pk, 0), row.created_at) for row in rows]


def _normalize(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


# Renaming and merging -----------------------------------------------------------------------------


def rename_speaker(speaker: Speaker, name: str, *, by: "User", is_other: bool = False) -> None:
    """Give a speaker another name, in all attempts and voices too.

    Raises `SpeakerUnclear` if others have this name, or nearly; not if `is_other` says that they
    are other people. Raises `SpeakerGone` if another request has merged the speaker meanwhile.
    """
    require(by, Action.MANAGE_SPEAKERS, speaker.project_id)
    name = _normalize(name)
    with transaction.atomic():
        Studio.lock()  # so that no request adds a speaker of this name meanwhile
        current = Speaker.objects.filter(pk=speaker.pk).first()
        if current is None:  # saving it would add it again, without what belonged to it
            raise SpeakerGone
        same_project = Speaker.objects.filter(project=current.project_id)
        if not is_other and (similar := find_similar(name, same_project, besides=speaker.pk)):
            raise SpeakerUnclear(similar)
        previous, current.name = current.name, name
        current.save()
        _move(current, current, Verb.SPEAKER_RENAMED, previous, by)


def merge_speakers(source: Speaker, target: Speaker, *, by: "User") -> bool:
    """Make all that belongs to `source` belong to `target`, and delete `source`.

    False if one of them is gone, because another request has merged them meanwhile.
    Both are the same person, so the best attempt of `target` stays the best one. Raises ValueError
    if they belong to different projects.
    """
    for speaker in (source, target):
        require(by, Action.MANAGE_SPEAKERS, speaker.project_id)
    with transaction.atomic():
        Studio.lock()
        current = Speaker.objects.in_bulk([source.pk, target.pk])
        if len(current) < 2:  # the same one, or merged by another request meanwhile
            return False
        source, target = current[source.pk], current[target.pk]
        if source.project_id != target.project_id:
            raise ValueError("speakers of different projects are not merged")
        _move(source, target, Verb.SPEAKERS_MERGED, source.name, by)
        Charge.objects.filter(speaker=source).update(speaker=target)
        Event.objects.filter(speaker=source).update(speaker=target)
        if target.best_attempt_id is None:
            Speaker.objects.filter(pk=target.pk).update(best_attempt=source.best_attempt_id)
        source.delete()
    return True


def list_changes(speaker: Speaker) -> Iterable[Event]:
    """How the speaker was renamed, merged and moved, the newest first."""
    return speaker.events.select_related("person").order_by("-pk")


def _move(source: Speaker, target: Speaker, verb: Verb, previous_name: str, by: "User") -> None:
    """Give the attempts and voices of `source` to `target` under its name."""
    CloneAttempt.objects.filter(speaker=source).assign_speaker(target)
    note = f"{previous_name} → {target.name}"
    voices = list(Voice.objects.filter(speaker=source))
    Voice.objects.filter(speaker=source).update(speaker=target)
    for voice in voices:
        voice.speaker = target
        update_search_text(voice)
    merged: dict[str, Any] = {"merged": source.pk} if source.pk != target.pk else {}
    record(
        verb, by=by, on=target, note=note, also_on=voices,
        timeline={"previous": previous_name}, **merged,
    )  # fmt: skip
