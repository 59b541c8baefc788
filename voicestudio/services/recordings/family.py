"""Families of recordings: an original with its cuts and clean copies, read in two queries."""

from typing import Final, NamedTuple

from django.db import connection

from voicestudio.models import AudioFile
from voicestudio.models.recordings import AudioFileQuerySet

# The recordings nearest to the original are shown.
MAX_MEMBERS: Final = 200
# Up to the original, then down to all that was made from it. UNION instead of UNION ALL, so that
# even a circle of parents would end.
_SQL: Final = """
WITH RECURSIVE
  up (id, parent_id) AS (
    SELECT id, parent_id FROM voicestudio_audiofile WHERE id = %s
    UNION
    SELECT above.id, above.parent_id
    FROM voicestudio_audiofile AS above JOIN up ON above.id = up.parent_id
  ),
  down (id) AS (
    SELECT id FROM up WHERE parent_id IS NULL
    UNION
    SELECT below.id FROM voicestudio_audiofile AS below JOIN down ON below.parent_id = down.id
  )
SELECT id FROM down ORDER BY id LIMIT %s
"""
_COLUMNS: Final = (
    "name", "purpose", "origin", "parent_id", "from_ms", "to_ms", "steps", "duration_ms",
    "file", "needs_cutting", "findings", "verdict", "checked_at", "check_started_at", "checked_ms",
    "trying_cleanup", "deleted_at",
)  # fmt: skip


class Member(NamedTuple):
    """A recording of a family; `depth` is 0 for the original, 1 for its copies, and so on."""

    recording: AudioFile
    depth: int


def list_family(recording: AudioFile, *, among: AudioFileQuerySet) -> list[Member]:
    """The original and everything made from it, each copy after its parent.

    Only recordings in `among`; `recording` itself is always included.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [recording.pk, MAX_MEMBERS])
        pks = {pk for (pk,) in cursor.fetchall()} | {recording.pk}
    members = among.filter(pk__in=pks).order_by("pk").only(*_COLUMNS).in_bulk()
    children: dict[int | None, list[AudioFile]] = {}
    for member in members.values():
        parent = member.parent_id if member.parent_id in members else None
        children.setdefault(parent, []).append(member)
    return _sort_by_parent(children, None, 0)


def _sort_by_parent(
    children: dict[int | None, list[AudioFile]], parent: int | None, depth: int
) -> list[Member]:
    return [
        member
        for child in children.get(parent, [])
        for member in [Member(child, depth), *_sort_by_parent(children, child.pk, depth + 1)]
    ]
