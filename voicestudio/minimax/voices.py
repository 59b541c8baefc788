"""MiniMax: voices at the provider; what a list and a deletion answer."""

from dataclasses import dataclass
from typing import Any

from .answer import Answer, Answered, objects_in, text_in


@dataclass(frozen=True, kw_only=True)
class ListedVoice:
    """A voice in the provider's list; `group` is the list it stood in, such as `voice_cloning`."""

    voice_id: str
    group: str
    created_time: str
    description: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VoiceList(Answered):
    """The voices asked for; a clone appears here only after its first real use."""

    voices: tuple[ListedVoice, ...]


@dataclass(frozen=True, kw_only=True)
class VoiceDeleted(Answered):
    """The voice is gone."""

    voice_id: str


def read_voices(answer: Answer) -> VoiceList:
    """Groups may be missing or null; an entry without a voice_id is passed over."""
    body, kept = answer.judged(verdict_needed=False)
    if "base_resp" not in body and not any(isinstance(group, list) for group in body.values()):
        raise answer.nonsense("neither voices nor base_resp in the answer", body)
    voices = tuple(
        ListedVoice(
            voice_id=entry["voice_id"],
            group=group,
            created_time=text_in(entry, "created_time"),
            description=_lines(entry.get("description")),
        )
        for group in body
        for entry in objects_in(body, group)
        if text_in(entry, "voice_id")
    )
    return VoiceList(voices=voices, **vars(kept))


def read_deletion(answer: Answer, voice_id: str) -> VoiceDeleted:
    """`{"voice_id"}`, which is not always repeated."""
    _, kept = answer.judged(verdict_needed=True)
    return VoiceDeleted(voice_id=voice_id, **vars(kept))


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(line for line in value if isinstance(line, str)) if isinstance(value, list) else ()
