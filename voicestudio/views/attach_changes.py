"""Attach changes: gives attempts in a list the words for how each differs from its parent."""

from collections.abc import Collection

from voicestudio.models import CloneAttempt
from voicestudio.services.clones import changes
from voicestudio.words import voices as words


def attach_changes(attempts: Collection[CloneAttempt]) -> None:
    """Set `changed` on each attempt that has a parent; at most one query."""
    found = changes.changes_by_attempt(attempts)
    for attempt in attempts:
        if attempt.pk in found:
            attempt.changed = words.describe_changes(  # type: ignore[attr-defined]
                words.describe_change(change.field, change.kind, change.before, change.after)
                for change in found[attempt.pk]
            )
