"""Moves: a speaker or an unused recording goes to another project, with all that belongs to it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from voicestudio.models import (
    Action,
    AudioFile,
    CloneAttempt,
    Note,
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
from voicestudio.words.speakers import (
    CALL_UNDER_WAY,
    EXAMPLE_PROJECT,
    PROJECT_ARCHIVED,
    message_for_shared_recording,
    message_for_used_recording,
)

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


def list_targets(speaker: Speaker, *, by: "User") -> "ProjectQuerySet":
    """The projects to which this person may move the speaker."""
    require(by, Action.MOVE_SPEAKERS)
    targets = projects.list_allowed(by, Action.MOVE_SPEAKERS).exclude(pk=speaker.project_id)
    return targets if speaker.project.is_example else targets.filter(is_example=False)


def move_speaker(speaker: Speaker, project: Project, *, by: "User") -> bool:
    """Move the speaker with attempts, voices, speeches, recordings and notes; False if it is there.

    A charge stays with the project that paid it. Raises `NotMoved`, and `SpeakerGone` if another
    request has merged the speaker meanwhile.
    """
    require(by, Action.MOVE_SPEAKERS)
    bookkeeping.settle_lapsed()
    with transaction.atomic():
        Studio.lock()  # so that no request adds an attempt of this speaker meanwhile
        current = Speaker.objects.filter(pk=speaker.pk).first()
        if current is None:
            raise SpeakerGone
        source = current.project_id
        if source == project.pk:
            return False
        _check_projects(current.project, project)
        found = _lock_belongings(current)
        _assign_project(current, found, project)
        facts: dict[str, Any] = {name: len(pks) for name, pks in found._asdict().items()}
        facts |= {"source": source, "target": project.pk}
        voices = Voice.objects.filter(pk__in=found.voices)
        record(
            Verb.SPEAKER_MOVED, by=by, on=current, project=project.pk, also_on=voices, **facts
        )  # fmt: skip
    return True


def move_recording(recording: AudioFile, project: Project, *, by: "User") -> bool:
    """Move a recording that no attempt uses, with its family and notes; False if it is there.

    One that attempts use moves with its speaker, because a speaker and the recordings of the
    attempts are of one project. Raises `NotMoved`.
    """
    require(by, Action.MOVE_SPEAKERS)
    with transaction.atomic():
        Studio.lock()  # so that no request uses one of them meanwhile
        current = AudioFile.objects.select_related("project").get(pk=recording.pk)
        source = current.project
        if source == project:
            return False
        _check_projects(source, project)
        found = _lock_family(current)
        AudioFile.objects.filter(pk__in=found).update(project=project)
        Note.objects.filter(recording__in=found).update(project=project)
        record(
            Verb.RECORDING_MOVED, by=by, on=current, project=project.pk,
            source=source.pk, target=project.pk, recordings=len(found),
        )  # fmt: skip
    return True


def _check_projects(source: Project, target: Project) -> None:
    """Raise `NotMoved` if nothing moves between these projects."""
    if Project.objects.open().filter(pk__in=[source.pk, target.pk]).count() < 2:
        raise NotMoved(PROJECT_ARCHIVED)
    if target.is_example and not source.is_example:
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
