"""Changes: how an attempt differs from its parent, by what was really sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from voicestudio.models import AudioFile, CloneAttempt, Origin

# The wire's name of each compared value, and our column for it.
COLUMNS: Final = {
    "text": "preview_text",
    "model": "model",
    "language_boost": "language",
    "text_validation": "text_validation",
    "accuracy": "accuracy",
    "need_noise_reduction": "noise_reduction",
    "need_volume_normalization": "volume_normalization",
    "aigc_watermark": "watermark",
}
SWITCHES: Final = frozenset({"noise_reduction", "volume_normalization", "watermark"})
_RECORDING_COLUMNS: Final = ("name", "origin", "parent", "duration_ms")
_READ: Final = (
    "project", "sent", "prompt_text", *COLUMNS.values(),
    *(f"{part}__{name}" for part in ("recording", "prompt_clip") for name in _RECORDING_COLUMNS),
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One difference.

    `kind`: on, off, added, removed or changed; for the recording also cut, cleaned, original (the
    recording that had been cut or cleaned) or other.
    `before` and `after` are texts, numbers or None; for a cut lengths in milliseconds.
    """

    field: str
    kind: str
    before: Any = None
    after: Any = None


def changes_by_attempt(attempts: Iterable[CloneAttempt]) -> dict[int, list[Change]]:
    """The changes of each attempt that has a parent, by its id; in one query, or none at all.

    Not of an attempt whose parent belongs to another project.
    """
    parents = {row.pk: row.parent_id for row in attempts if row.parent_id is not None}
    if not parents:
        return {}
    rows = CloneAttempt.objects.filter(pk__in={*parents, *parents.values()})
    found = rows.select_related("recording", "prompt_clip").only(*_READ).in_bulk()
    return {
        pk: list(compare(found[parent], found[pk]))
        for pk, parent in parents.items()
        if pk in found and found[parent].project_id == found[pk].project_id
    }


def compare(before: CloneAttempt, after: CloneAttempt) -> Iterator[Change]:
    """Every difference in the order of the form, except the voice ID, which always differs."""
    if before.recording_id != after.recording_id:
        yield _compare_recordings("recording", before.recording, after.recording)
    if before.prompt_clip_id != after.prompt_clip_id:
        if before.prompt_clip and after.prompt_clip:
            yield _compare_recordings("prompt_clip", before.prompt_clip, after.prompt_clip)
        else:
            yield Change("prompt_clip", "removed" if before.prompt_clip else "added")
    old, new = _sent_values(before), _sent_values(after)
    for name in ("prompt_text", *COLUMNS.values()):
        if old.get(name) == new.get(name):
            continue
        if name in SWITCHES:
            yield Change(name, "on" if new.get(name) else "off")
        elif not old.get(name):
            yield Change(name, "added", None, new[name])
        elif not new.get(name):
            yield Change(name, "removed", old[name], None)
        else:
            yield Change(name, "changed", old[name], new[name])


def _sent_values(attempt: CloneAttempt) -> dict[str, Any]:
    """What was sent; before it is sent, what was ordered."""
    if attempt.sent is None:
        values = {name: getattr(attempt, name) or None for name in COLUMNS.values()}
        if attempt.accuracy is not None:
            values["accuracy"] = float(attempt.accuracy)
        return values | {"prompt_text": attempt.prompt_text or None}
    values = {ours: attempt.sent.get(theirs) or None for theirs, ours in COLUMNS.items()}
    clip = attempt.sent.get("clone_prompt") or {}
    return values | {"prompt_text": clip.get("prompt_text") or None}


def _compare_recordings(field: str, before: AudioFile, after: AudioFile) -> Change:
    related = after.parent_id is not None and after.parent_id in (before.pk, before.parent_id)
    if related and after.origin == Origin.CUT:
        return Change(field, "cut", before.duration_ms, after.duration_ms)
    if related and after.origin == Origin.CLEANED:
        return Change(field, "cleaned", before.name, after.name)
    if before.parent_id == after.pk:
        return Change(field, "original", before.duration_ms, after.duration_ms)
    return Change(field, "other", before.name, after.name)
