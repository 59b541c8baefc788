"""Actions: tag, mark as heard, move and delete several rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from voicestudio.models import AudioFile, Project, Speaker, Voice
from voicestudio.services import recordings
from voicestudio.services.permissions import NotAllowed
from voicestudio.services.voices import moves, notes, speakers
from voicestudio.words.bulk import ALREADY_THERE, DELETED_LATER, NOTHING_LEFT, STILL_IN_USE

from .selection import Refusal, Row, name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass
class Outcome:
    """What a bulk action did: how many rows it changed, and which it refused.

    `changed` says what an undo takes back, by the ID of the voice, speaker or recording: the IDs of
    taggings, the time of a mark, the ID of a move.
    """

    done: int = 0
    refused: list[Refusal] = field(default_factory=list)
    changed: dict[int, list[object]] = field(default_factory=dict)


def add_tags(voices: Sequence[Voice], names: Sequence[str], *, by: "User") -> Outcome:
    """Add these tags to each voice. Raises `NotAllowed` if the person may tag none of them."""
    changed: dict[int, list[object]] = {}

    def tag(voice: Voice) -> None:
        if taggings := notes.add_tags(voice, names, by=by):
            changed[voice.pk] = [*taggings]

    return replace(_apply(voices, tag), changed=changed)


def remove_taggings(voices: Iterable[Voice], added: dict[int, list[int]], *, by: "User") -> Outcome:
    """Take back tags that voices got, by their IDs. Raises `NotAllowed` as `add_tags`."""
    return _apply(
        voices, lambda voice: notes.remove_taggings(voice, added[voice.pk], by=by), NOTHING_LEFT
    )


def mark_heard(voices: Iterable[Voice], *, by: "User") -> Outcome:
    """Mark each voice as heard. Raises `NotAllowed` if the person may mark none of them."""
    changed: dict[int, list[object]] = {}

    def mark(voice: Voice) -> None:
        if heard_at := notes.mark_heard(voice, by=by):
            changed[voice.pk] = [heard_at.isoformat()]

    return replace(_apply(voices, mark), changed=changed)


def mark_unheard(voices: Iterable[Voice], times: dict[int, datetime], *, by: "User") -> Outcome:
    """Take back the marks of these times, by the IDs of voices. Raises as `mark_heard`."""
    return _apply(
        voices, lambda voice: notes.mark_unheard(voice, times[voice.pk], by=by), NOTHING_LEFT
    )


def move_speakers(found: Iterable[Speaker], project: Project, *, by: "User") -> Outcome:
    """Move each speaker with everything that belongs to it. Raises `NotAllowed`."""
    changed: dict[int, list[object]] = {}

    def move(speaker: Speaker) -> bool:
        move_id = moves.move_speaker(speaker, project, by=by)
        if move_id is not None and moves.has_way_back(speaker.project, project):
            changed[speaker.pk] = [move_id]
        return move_id is not None

    return replace(_apply(found, move, ALREADY_THERE), changed=changed)


def move_recordings(found: Iterable[AudioFile], project: Project, *, by: "User") -> Outcome:
    """Move each recording that no attempt uses, with its family. Raises `NotAllowed`."""
    changed: dict[int, list[object]] = {}

    def move(recording: AudioFile) -> bool:
        move_id = moves.move_recording(recording, project, by=by)
        if move_id is not None and moves.has_way_back(recording.project, project):
            changed[recording.pk] = [move_id]
        # Another selected one of the family may have taken it along.
        return recording.project_id != project.pk

    return replace(_apply(found, move, ALREADY_THERE), changed=changed)


def move_back(
    found: Iterable[Speaker | AudioFile], move_ids: dict[int, int], *, by: "User"
) -> Outcome:
    """Undo these moves, by the IDs of speakers or recordings. Raises `NotAllowed`."""

    def move(each: Speaker | AudioFile) -> bool:
        if isinstance(each, Speaker):
            return moves.move_speaker_back(each, move_ids[each.pk], by=by) is not None
        return moves.move_recording_back(each, move_ids[each.pk], by=by) is not None

    return _apply(found, move, ALREADY_THERE)


def delete_recordings(found: Iterable[AudioFile], *, by: "User") -> Outcome:
    """Delete each recording that no voice and no running attempt needs.

    Raises `NotAllowed` if the person may delete none of them.
    """
    return _apply(found, lambda each: recordings.delete_recording(each, by=by), DELETED_LATER)


def _apply[Each: Row | Speaker](
    rows: Iterable[Each], act: Callable[[Each], object], if_false: str | Promise = ""
) -> Outcome:
    """Do it with each row; an action that is allowed for none of them is refused as a whole.

    `if_false` says why a row is not done for which `act` returns False.
    """
    outcome, not_allowed = Outcome(), list[NotAllowed]()
    for row in rows:
        try:
            is_done = act(row) is not False
        except NotAllowed as refused:
            not_allowed.append(refused)
            outcome.refused.append(Refusal(name_of(row), str(refused.message.headline)))
        except recordings.RecordingInUse:
            outcome.refused.append(Refusal(name_of(row), str(STILL_IN_USE)))
        except (
            moves.NotMoved, notes.TooManyTags, recordings.NotDeleted, speakers.SpeakerGone,
        ) as refused:  # fmt: skip
            outcome.refused.append(Refusal(name_of(row), str(refused.message.headline)))
        else:
            outcome.done += is_done
            outcome.refused += [] if is_done else [Refusal(name_of(row), str(if_false))]
    if not_allowed and not outcome.done and len(not_allowed) == len(outcome.refused):
        raise not_allowed[0]
    return outcome
