"""Selection: the rows that a person has selected in a list, and what they are about."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from voicestudio.models import AudioFile, CloneAttempt, ListKind, Speaker, Voice
from voicestudio.words.bulk import NO_VOICE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A page has 25 rows.
MOST_ROWS: Final = 100

type Row = CloneAttempt | Voice | AudioFile


class Refusal(NamedTuple):
    """A row with which nothing was done, and why."""

    name: str
    reason: str


def find_rows(kind: ListKind, pks: Sequence[int], person: "User") -> list[Row]:
    """The rows of a list with these ids that the person sees, in this order."""
    querysets: dict[ListKind, Any] = {
        ListKind.HISTORY: CloneAttempt.objects.select_related(
            "created_by", "speaker", "cloned_voice__speaker"
        ).defer("search_text"),
        ListKind.VOICES: Voice.objects.select_related("speaker", "attempt__created_by"),
        ListKind.RECORDINGS: AudioFile.objects.select_related("created_by")
        .prefetch_related("provider_files")
        .filter(deleted_at=None),
    }
    found = querysets[kind].visible_to(person).in_bulk(pks[:MOST_ROWS])
    return [found[pk] for pk in pks if pk in found]


def voices_of(rows: Iterable[Row]) -> tuple[list[Voice], list[Refusal]]:
    """The voices of these voices and attempts, each once, and the attempts that made none."""
    voices, refused = list[Voice](), list[Refusal]()
    for row in rows:
        voice = row.cloned_voice if isinstance(row, CloneAttempt) else row
        if isinstance(voice, Voice):
            voices.append(voice)
        else:
            refused.append(Refusal(name_of(row), str(NO_VOICE)))
    return list(dict.fromkeys(voices)), refused


def speakers_of(rows: Iterable[Row]) -> list[Speaker]:
    """The speakers of these voices and attempts, each once."""
    found = (row.speaker for row in rows if not isinstance(row, AudioFile))
    return list(dict.fromkeys(speaker for speaker in found if speaker is not None))


def name_of(row: Row | Speaker) -> str:
    """What people call a row: the recording's name, or the speaker with the voice ID."""
    match row:
        case CloneAttempt():
            return f"{row.speaker_name} {row.voice_id}"
        case Voice():
            return f"{row.speaker.name} {row.voice_id}"
        case AudioFile() | Speaker():
            return row.name
