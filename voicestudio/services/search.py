"""Search: speakers, voices, recordings, projects and people by words, of all that one sees."""

from typing import TYPE_CHECKING, Final, NamedTuple

from voicestudio.models import Action, AudioFile, Speaker, Voice, access_of
from voicestudio.models.access import ProjectLabel
from voicestudio.models.search import contains_words
from voicestudio.services.people.directory import find_people
from voicestudio.services.permissions import may
from voicestudio.services.voices import notes

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST: Final = 5


class Found(NamedTuple):
    """The newest matches of each kind."""

    speakers: list[Speaker]
    voices: list[Voice]
    recordings: list[AudioFile]
    projects: list[ProjectLabel]
    people: list["User"]


def find_everywhere(person: "User", words: str) -> Found:
    """What contains `words`, in any case or accent; nothing without words. A few short queries."""
    if not words:
        return Found([], [], [], [], [])
    speakers = Speaker.objects.visible_to(person).search(words).order_by("-pk")
    voices = notes.visible_voices(person).search(words).select_related("speaker")
    recordings = AudioFile.objects.visible_to(person).filter(deleted_at=None).search(words)
    return Found(
        list(speakers.only("name", "project")[:MOST]),
        list(voices.order_by("-created_at", "-pk").only("voice_id", "speaker__name")[:MOST]),
        list(recordings.order_by("-pk").only("name")[:MOST]),
        _find_projects(person, words),
        find_people(words, MOST, by=person) if may(person, Action.MANAGE_PEOPLE) else [],
    )


def _find_projects(person: "User", words: str) -> list[ProjectLabel]:
    """Projects by name, for those who see several; read with the roles of the person."""
    access = access_of(person)
    if not access.sees_several:
        return []
    return [each for each in access.labels.values() if contains_words(words, each.name)][:MOST]
