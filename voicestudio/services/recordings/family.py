"""Families: from which recording another one was cut or tidied, all of it in two queries."""

from typing import Final, NamedTuple

from django.db import connection

from voicestudio.models import AudioFile
from voicestudio.models.recordings import AudioFileQuerySet

# More than anybody reads; the members nearest to the original are kept.
MOST: Final = 200
# From the recording up to its original, then down to everything that was made of it. UNION, not
# UNION ALL: a circle could not be entered through the studio, but would end here too.
_KIN: Final = """
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


class Member(NamedTuple):
    """One of a family; `depth` is 0 for the original, 1 for what was made of it, and so on."""

    recording: AudioFile
    depth: int


def family(recording: AudioFile, *, among: AudioFileQuerySet) -> list[Member]:
    """The original and all that was made of it, each after what it was made from.

    `among`: those that may be seen. The recording itself is always there.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KIN, [recording.pk, MOST])
        kin = {pk for (pk,) in cursor.fetchall()} | {recording.pk}
    rows = among.filter(pk__in=kin).order_by("pk").only(*SHOWN)
    children: dict[int | None, list[AudioFile]] = {}
    present = {row.pk: row for row in rows}
    for row in present.values():
        parent = row.parent_id if row.parent_id in present else None
        children.setdefault(parent, []).append(row)
    return _in_order(children, None, 0)


SHOWN: Final = (
    "name", "purpose", "origin", "parent_id", "from_ms", "to_ms", "steps", "duration_ms",
    "file", "verdict", "checked_at", "check_started_at", "checked_ms", "deleted_at",
)  # fmt: skip


def _in_order(
    children: dict[int | None, list[AudioFile]], parent: int | None, depth: int
) -> list[Member]:
    return [
        member
        for child in children.get(parent, [])
        for member in [Member(child, depth), *_in_order(children, child.pk, depth + 1)]
    ]
