"""Attach uses: gives recordings in a list the attempts that use them and the count of copies."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db.models import Count, OuterRef, Subquery

from voicestudio.models import AudioFile, CloneAttempt, ProviderFile
from voicestudio.models.compiled_query import CompiledQuery


class Use(NamedTuple):
    """An attempt that uses a recording."""

    pk: int
    speaker_name: str


_ATTEMPTS: Final = CloneAttempt.objects.order_by("-pk").values("pk")
_CHILDREN: Final = (
    AudioFile.objects.filter(parent=OuterRef("pk"), deleted_at=None)
    .order_by()
    .values("parent")
    .annotate(made=Count("pk"))
    .values("made")
)
_COLUMNS: Final = {
    f"{role}_{place}": Subquery(_ATTEMPTS.filter(**{role: OuterRef("pk")})[place : place + 1])
    for role in ("recording", "prompt_clip")
    for place in range(3)
} | {"made": Subquery(_CHILDREN)}
_USES: Final = CompiledQuery(
    lambda ids: (
        AudioFile.objects.annotate(**_COLUMNS)
        .filter(pk__in=ids)
        .values_list("pk", *_COLUMNS)
        .order_by()
    )
)
_NAMES: Final = CompiledQuery(
    lambda ids: CloneAttempt.objects.filter(pk__in=ids).values_list("pk", "speaker_name").order_by()
)


def attach_uses(recordings: Sequence[AudioFile]) -> None:
    """Set `uses` (the newest two attempts), `used_more` (there are others) and `made` (children),
    and `newest_file_id` of recordings that only the provider has.

    Two queries for all recordings, and one if there are such; each answered from an index.
    """
    pks = [recording.pk for recording in recordings]
    uses, made = {}, {}
    for pk, *used_by, count in _USES.rows(pks):
        uses[pk] = sorted(set(used_by) - {None}, reverse=True)
        made[pk] = count or 0
    shown = {pk for used_by in uses.values() for pk in used_by[:2]}
    known = {pk: Use(pk, name) for pk, name in _NAMES.rows(sorted(shown))}
    elsewhere = [recording.pk for recording in recordings if not recording.has_file]
    # The last one of each recording stays: the newest, as in `AudioFile.file_id`.
    uploads = ProviderFile.objects.living().filter(recording__in=elsewhere).order_by("pk")
    file_ids = dict(uploads.values_list("recording", "file_id")) if elsewhere else {}
    for recording in recordings:
        used_by = uses.get(recording.pk, [])
        recording.uses = [known[pk] for pk in used_by[:2] if pk in known]  # type: ignore[attr-defined]
        recording.used_more = len(used_by) > 2  # type: ignore[attr-defined]
        recording.made = made.get(recording.pk, 0)  # type: ignore[attr-defined]
        recording.newest_file_id = file_ids.get(recording.pk)  # type: ignore[attr-defined]
