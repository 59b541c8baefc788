"""Search: the speakers, voices and recordings with these words, of all that a person sees."""

from typing import TYPE_CHECKING, Final, NamedTuple

from voicestudio.models import AudioFile, Speaker, Voice
from voicestudio.services.voices import notes

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST: Final = 5


class Found(NamedTuple):
    """The newest matches of each kind."""

    speakers: list[Speaker]
    voices: list[Voice]
    recordings: list[AudioFile]


def find_everywhere(person: "User", words: str) -> Found:
    """What contains `words`, in any case or accent; nothing without words. A few short queries."""
    if not words:
        return Found([], [], [])
    speakers = Speaker.objects.visible_to(person).search(words).order_by("-pk")
    voices = notes.visible_voices(person).search(words).select_related("speaker")
    recordings = AudioFile.objects.visible_to(person).filter(deleted_at=None).search(words)
    return Found(
        list(speakers.only("name", "project")[:MOST]),
        list(voices.order_by("-created_at", "-pk").only("voice_id", "speaker__name")[:MOST]),
        list(recordings.order_by("-pk").only("name")[:MOST]),
    )
