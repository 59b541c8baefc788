"""Changes: what an attempt does differently from its parent, by what was really sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from voicestudio.models import AudioFile, CloneAttempt

# What goes out, as it is called on the wire, and as it is called here.
SENT_AS: Final = {
    "text": "preview_text",
    "model": "model",
    "language_boost": "language",
    "text_validation": "text_validation",
    "accuracy": "accuracy",
    "need_noise_reduction": "noise_reduction",
    "need_volume_normalization": "volume_normalization",
    "aigc_watermark": "watermark",
}
# What is read of an attempt, and of its recordings, to tell.
_OF_RECORDINGS: Final = ("name", "origin", "parent", "duration_ms")
COMPARED: Final = (
    "sent", "prompt_text", *SENT_AS.values(),
    *(f"{part}__{name}" for part in ("recording", "prompt_clip") for name in _OF_RECORDINGS),
)  # fmt: skip
SWITCHES: Final = frozenset({"noise_reduction", "volume_normalization", "watermark"})


@dataclass(frozen=True)
class Change:
    """One difference.

    `kind`: on, off, added, removed or changed; for the recording also cut, tidied, original (the
    whole of what had been cut or tidied) or other.
    `before` and `after` are texts, numbers or None; for a cut lengths in milliseconds.
    """

    field: str
    kind: str
    before: Any = None
    after: Any = None


def since_parent(attempt: CloneAttempt) -> list[Change]:
    """What changed since the attempt from which this one was made; nothing without one.

    `attempt.parent` and both recordings had best been selected with it.
    """
    return [] if attempt.parent is None else list(between(attempt.parent, attempt))


def of_rows(attempts: Iterable[CloneAttempt]) -> dict[int, list[Change]]:
    """What changed in each of these that has a parent, by its id; one query, or none at all."""
    parents = {one.pk: one.parent_id for one in attempts if one.parent_id is not None}
    if not parents:
        return {}
    rows = CloneAttempt.objects.filter(pk__in={*parents, *parents.values()})
    read = rows.select_related("recording", "prompt_clip").only(*COMPARED).in_bulk()
    return {
        pk: list(between(read[parent], read[pk])) for pk, parent in parents.items() if pk in read
    }


def between(before: CloneAttempt, after: CloneAttempt) -> Iterator[Change]:
    """Every difference, in the order of the form. The voice ID always differs and is left out."""
    if before.recording_id != after.recording_id:
        yield _of_recordings("recording", before.recording, after.recording)
    if before.prompt_clip_id != after.prompt_clip_id:
        if before.prompt_clip is None or after.prompt_clip is None:
            added = before.prompt_clip is None
            yield Change("prompt_clip", "added" if added else "removed")
        else:
            yield _of_recordings("prompt_clip", before.prompt_clip, after.prompt_clip)
    first, second = _sent(before), _sent(after)
    for name in ("prompt_text", *SENT_AS.values()):
        one, other = first.get(name), second.get(name)
        if one == other:
            continue
        if name in SWITCHES:
            yield Change(name, "on" if other else "off")
        elif not one:
            yield Change(name, "added", None, other)
        elif not other:
            yield Change(name, "removed", one, None)
        else:
            yield Change(name, "changed", one, other)


def _sent(attempt: CloneAttempt) -> dict[str, Any]:
    """What was sent; what was ordered, as long as nothing has been."""
    if attempt.sent is None:
        ordered = {name: getattr(attempt, name) for name in SENT_AS.values()}
        accuracy = ordered["accuracy"]
        ordered["accuracy"] = None if accuracy is None else float(accuracy)
        return {name: value or None for name, value in ordered.items()} | {
            "prompt_text": attempt.prompt_text or None
        }
    found = {ours: attempt.sent.get(theirs) or None for theirs, ours in SENT_AS.items()}
    clip = attempt.sent.get("clone_prompt") or {}
    return found | {"prompt_text": clip.get("prompt_text") or None}


def _of_recordings(field: str, before: AudioFile, after: AudioFile) -> Change:
    """Cut or tidied from the other one, or from the same original; else another recording."""
    related = after.parent_id is not None and after.parent_id in (before.pk, before.parent_id)
    if related and after.origin == "cut":
        return Change(field, "cut", before.duration_ms, after.duration_ms)
    if related and after.origin == "cleaned":
        return Change(field, "cleaned", before.name, after.name)
    if before.parent_id == after.pk:
        return Change(field, "original", before.duration_ms, after.duration_ms)
    return Change(field, "other", before.name, after.name)
