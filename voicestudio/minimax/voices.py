"""MiniMax: voices at the provider; the answers of list and deletion."""

from dataclasses import dataclass
from typing import Any

from .response import Answer, HttpResponse, get_objects, get_text


@dataclass(frozen=True, kw_only=True)
class ListedVoice:
    """A voice in the provider's list; `group` is the list it stood in, such as `voice_cloning`."""

    voice_id: str
    group: str
    created_time: str
    description: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VoiceList(Answer):
    """The requested voices; a clone is listed only after its first speech."""

    voices: tuple[ListedVoice, ...]


@dataclass(frozen=True, kw_only=True)
class VoiceDeleted(Answer):
    """The voice was deleted."""

    voice_id: str


def parse_voices(response: HttpResponse) -> VoiceList:
    """Parse the list; groups may be missing or null, an entry without a voice_id is skipped."""
    body, answer = response.parse(status_required=False)
    if "base_resp" not in body and not any(isinstance(group, list) for group in body.values()):
        raise response.invalid("neither voices nor base_resp in the answer", body)
    voices = tuple(
        ListedVoice(
            voice_id=entry["voice_id"],
            group=group,
            created_time=get_text(entry, "created_time"),
            description=_parse_description(entry.get("description")),
        )
        for group in body
        for entry in get_objects(body, group)
        if get_text(entry, "voice_id")
    )
    return VoiceList(voices=voices, **vars(answer))


def parse_deletion(response: HttpResponse, voice_id: str) -> VoiceDeleted:
    """Parse the answer to a deletion, which does not always repeat `voice_id`."""
    _, answer = response.parse(status_required=True)
    return VoiceDeleted(voice_id=voice_id, **vars(answer))


def _parse_description(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(line for line in value if isinstance(line, str)) if isinstance(value, list) else ()
