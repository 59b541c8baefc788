"""Changes: tells rows of attempts what each does differently from its parent, in words."""

from collections.abc import Collection

from voicestudio.models import CloneAttempt
from voicestudio.services.clones import changes
from voicestudio.words import voices as words


def tell(rows: Collection[CloneAttempt]) -> None:
    """Give each row that has a parent its sentence, `changed`; one query, or none at all."""
    found = changes.changes_by_attempt(rows)
    for row in rows:
        if row.pk in found:
            row.changed = words.describe_changes(  # type: ignore[attr-defined]
                words.describe_change(one.field, one.kind, one.before, one.after)
                for one in found[row.pk]
            )
