"""Moves: a speaker or an unused recording goes to another project, with all that belongs to it."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from voicestudio.models import (
    Action,
    AudioFile,
    AuditEntry,
    CloneAttempt,
    Event,
    EventKind,
    Note,
    ObjectKind,
    Project,
    Speaker,
    Speech,
    Studio,
    Verb,
    Voice,
)
from voicestudio.services import projects
from voicestudio.services.audit import record
from voicestudio.services.permissions import require
from voicestudio.words import Message
from voicestudio.words.recordings import JUST_DELETED
from voicestudio.words.speakers import (
    CALL_UNDER_WAY,
    EXAMPLE_PROJECT,
    MOVED_SINCE,
    PROJECT_ARCHIVED,
    message_for_shared_recording,
    message_for_used_recording,
)
from voicestudio.words.undo import UNDO_OVER

from . import bookkeeping
from .speakers import SpeakerGone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.projects import ProjectQuerySet


class NotMoved(Exception):  # noqa: N818 - an answer, not a mistake
    """The speaker or recording has to stay; `message` says why, and what can be done."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class Belongings(NamedTuple):
    """The ids of what is moved with a speaker; of the recordings whole families."""

    attempts: list[int]
    speeches: list[int]
    voices: list[int]
    recordings: list[int]


def list_targets(sources: Collection[Project], *, by: "User") -> "ProjectQuerySet":
    """The projects to which this person may move something from each of these projects.

    None if all of these are archived, since nothing is moved out of them.
    """
    require(by, Action.MOVE_SPEAKERS)
    targets = projects.list_allowed(by, Action.MOVE_SPEAKERS)
    if all(source.is_archived for source in sources):
        return targets.none()
    if len(sources) == 1:
        targets = targets.exclude(pk__in=[source.pk for source in sources])
    if all(source.is_example for source in sources):
        return targets
    return targets.filter(is_example=False)


def has_way_back(source: Project, target: Project) -> bool:
    """Whether a move between these can be undone: nothing of ours goes back to the examples."""
    return target.is_example or not source.is_example


def move_speaker(speaker: Speaker, project: Project, *, by: "User") -> int | None:
    """Move the speaker with attempts, voices, speeches, recordings and notes.

    Returns the ID of the move, for `move_speaker_back`; None if the speaker is there already. A
    charge stays with the project that paid it. Raises `NotMoved`, and `SpeakerGone` if another
    request has merged the speaker meanwhile.
    """
    require(by, Action.MOVE_SPEAKERS)
    bookkeeping.settle_lapsed()
    with transaction.atomic():
        return _move_speaker(_lock_speaker(speaker), project, by=by)


def move_speaker_back(speaker: Speaker, move: int, *, by: "User") -> int | None:
    """Undo the move of this ID; returns the ID of the new one, None if it was undone already.

    Raises `NotMoved`, also if the speaker was moved or merged since; else as `move_speaker`.
    """
    require(by, Action.MOVE_SPEAKERS)
    bookkeeping.settle_lapsed()
    with transaction.atomic():
        current = _lock_speaker(speaker)
        newest = _newest_change(current)
        if newest is None or newest.kind != EventKind.MOVED:
            raise NotMoved(MOVED_SINCE)
        if newest.facts.get("undone") == move:
            return None
        if newest.pk != move:
            raise NotMoved(MOVED_SINCE)
        return _move_speaker(current, _find_source(newest.facts), by=by, undone=move)


def _lock_speaker(speaker: Speaker) -> Speaker:
    """The speaker as it is now, while no request can add an attempt."""
    Studio.lock()
    current = Speaker.objects.filter(pk=speaker.pk).first()
    if current is None:
        raise SpeakerGone
    return current


def _newest_change(speaker: Speaker) -> Event | None:
    """The last move or merge of the speaker."""
    changes = speaker.events.filter(kind__in=[EventKind.MOVED, EventKind.MERGED])
    return changes.order_by("-pk").first()


def _move_speaker(
    speaker: Speaker, project: Project, *, by: "User", undone: int | None = None
) -> int | None:
    source = speaker.project
    if source == project:
        return None
    _check_projects(source, project)
    found = _lock_belongings(speaker)
    _assign_project(speaker, found, project)
    facts: dict[str, Any] = {name: len(pks) for name, pks in found._asdict().items()}
    facts |= {"source": source.pk, "target": project.pk}
    record(
        Verb.SPEAKER_MOVED, by=by, on=speaker, project=project.pk,
        also_on=Voice.objects.filter(pk__in=found.voices),
        timeline={"undone": undone} if undone else {}, **facts,
    )  # fmt: skip
    newest = _newest_change(speaker)
    return newest.pk if newest else None


def move_recording(recording: AudioFile, project: Project, *, by: "User") -> int | None:
    """Move a recording that no attempt uses, with its family and notes.

    Returns the ID of the move, for `move_recording_back`; None if it is there already. One that
    attempts use moves with its speaker, because a speaker and the recordings of the attempts are of
    one project. Raises `NotMoved`.
    """
    require(by, Action.MOVE_SPEAKERS)
    with transaction.atomic():
        return _move_recording(_lock_recording(recording), project, by=by)


def move_recording_back(recording: AudioFile, move: int, *, by: "User") -> int | None:
    """Undo the move of this ID; returns the ID of the new one, None if it was undone already.

    Raises `NotMoved`, also if the recording or one of its family was moved since.
    """
    require(by, Action.MOVE_SPEAKERS)
    with transaction.atomic():
        current = _lock_recording(recording)
        newest = _newest_move(current)
        if newest is not None and newest.facts.get("undone") == move:
            return None
        if newest is None or newest.pk != move or newest.facts["target"] != current.project_id:
            raise NotMoved(MOVED_SINCE)
        return _move_recording(current, _find_source(newest.facts), by=by, undone=move)


def _lock_recording(recording: AudioFile) -> AudioFile:
    """The recording as it is now, while no request can use it. Raises `NotMoved` if it is gone."""
    Studio.lock()
    current = AudioFile.objects.select_related("project").filter(pk=recording.pk).first()
    if current is None or current.deleted_at is not None:
        raise NotMoved(JUST_DELETED)
    return current


def _newest_move(recording: AudioFile) -> AuditEntry | None:
    """The last move of a recording of this family on its own, without a speaker."""
    family = {recording.pk} | _list_relatives({recording.pk})
    entries = AuditEntry.objects.filter(
        verb=Verb.RECORDING_MOVED, object_kind=ObjectKind.RECORDING, object_id__in=family
    )
    return entries.order_by("-pk").first()


def _move_recording(
    recording: AudioFile, project: Project, *, by: "User", undone: int | None = None
) -> int | None:
    source = recording.project
    if source == project:
        return None
    _check_projects(source, project)
    found = _lock_family(recording)
    AudioFile.objects.filter(pk__in=found).update(project=project)
    Note.objects.filter(recording__in=found).update(project=project)
    facts: dict[str, Any] = {"undone": undone} if undone else {}
    facts |= {"source": source.pk, "target": project.pk, "recordings": len(found)}
    record(Verb.RECORDING_MOVED, by=by, on=recording, project=project.pk, **facts)
    newest = _newest_move(recording)
    return newest.pk if newest else None


def _find_source(facts: dict[str, Any]) -> Project:
    """The project from which a move came; raises `NotMoved` if it was removed since."""
    source = Project.objects.filter(pk=facts["source"]).first()
    if source is None:
        raise NotMoved(Message(UNDO_OVER, ""))
    return source


def _check_projects(source: Project, target: Project) -> None:
    """Raise `NotMoved` if nothing moves between these projects."""
    if Project.objects.open().filter(pk__in=[source.pk, target.pk]).count() < 2:
        raise NotMoved(PROJECT_ARCHIVED)
    if not has_way_back(target, source):
        raise NotMoved(EXAMPLE_PROJECT)


def _assign_project(speaker: Speaker, found: Belongings, project: Project) -> None:
    Speaker.objects.filter(pk=speaker.pk).update(project=project)
    CloneAttempt.objects.filter(pk__in=found.attempts).update(project=project)
    Speech.objects.filter(pk__in=found.speeches).update(project=project)
    Voice.objects.filter(pk__in=found.voices).update(project=project)
    AudioFile.objects.filter(pk__in=found.recordings).update(project=project)
    on_them = Q(attempt__in=found.attempts) | Q(voice__in=found.voices)
    notes = Note.objects.filter(on_them | Q(recording__in=found.recordings))
    notes.update(project=project)
    # Without the notes on a deleted recording that stays behind.
    CloneAttempt.objects.filter(pk__in=found.attempts).index_again()


def _lock_belongings(speaker: Speaker) -> Belongings:
    """Lock what is moved, in the order in which the bookkeeping does: calls before their voices.

    Listed again after each wait for a lock, because what was waited for may have added a row: a
    speech locks its voice when it is requested, a copy its original.
    """
    locked: Belongings | None = None
    while (found := _list_belongings(speaker)) != locked:
        _lock(CloneAttempt.objects.filter(pk__in=found.attempts))
        _lock(Speech.objects.filter(pk__in=found.speeches))
        _lock(Voice.objects.filter(pk__in=found.voices))
        _lock(AudioFile.objects.filter(pk__in=found.recordings))
        locked = found
    return found


def _lock_family(recording: AudioFile) -> list[int]:
    """Lock a recording and its relatives; listed again as above. Raises `NotMoved`."""
    locked: list[int] | None = None
    while (found := _list_unused_family(recording)) != locked:
        _lock(AudioFile.objects.filter(pk__in=found))
        locked = found
    return found


def _lock(rows: QuerySet[Any]) -> None:
    list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _list_belongings(speaker: Speaker) -> Belongings:
    """What belongs to the speaker. Raises `NotMoved` if a part of it has to stay."""
    attempts = CloneAttempt.objects.filter(speaker=speaker)
    voices = Voice.objects.filter(speaker=speaker)
    voice_pks = _list_pks(voices)
    speeches = Speech.objects.filter(voice__in=voice_pks)
    # An unknown outcome stops nothing: its charge is written already.
    if attempts.under_way().exists() or speeches.under_way().exists():
        raise NotMoved(CALL_UNDER_WAY)
    return Belongings(
        _list_pks(attempts), _list_pks(speeches), voice_pks, _list_recordings(speaker, attempts)
    )


def _list_pks(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _list_recordings(speaker: Speaker, attempts: QuerySet[CloneAttempt]) -> list[int]:
    """The recordings of these attempts with their families, so that each stays together.

    Raises `NotMoved` if another speaker uses one of them; a deleted one is then left behind.
    """
    used = {pk for pair in attempts.values_list("recording", "prompt_clip") for pk in pair if pk}
    family = used | _list_relatives(used)
    shared = _list_speakers(CloneAttempt.objects.exclude(speaker=speaker), family)
    living = _find_living(shared)
    if living is not None:
        raise NotMoved(message_for_shared_recording(living.name, shared[living.pk]))
    return sorted(family - shared.keys())


def _list_unused_family(recording: AudioFile) -> list[int]:
    """The recording and its relatives; raises `NotMoved` if an attempt uses one of them.

    A deleted one that attempts used is left behind with them.
    """
    family = {recording.pk} | _list_relatives({recording.pk})
    used = _list_speakers(CloneAttempt.objects.all(), family)
    living = _find_living(used)
    if living is not None:
        raise NotMoved(message_for_used_recording(used[living.pk]))
    return sorted(family - used.keys())


def _list_speakers(attempts: QuerySet[CloneAttempt], recordings: set[int]) -> dict[int, str]:
    """The name of a speaker for each of these recordings that one of the attempts uses."""
    using = attempts.filter(Q(recording__in=recordings) | Q(prompt_clip__in=recordings))
    rows = using.values_list("speaker__name", "recording", "prompt_clip")
    return {pk: name for name, *pair in rows for pk in pair if pk in recordings}


def _find_living(recordings: Iterable[int]) -> AudioFile | None:
    """The oldest of these recordings that is not deleted."""
    return AudioFile.objects.filter(pk__in=recordings, deleted_at=None).order_by("pk").first()


def _list_relatives(pks: set[int]) -> set[int]:
    """The recordings from which these were made, and all that was made of any of them."""
    found, newest = set(pks), set(pks)
    while newest:
        near = AudioFile.objects.filter(Q(parent__in=newest) | Q(children__in=newest))
        newest = set(near.values_list("pk", flat=True)) - found
        found |= newest
    return found
