"""Lineage: which attempt was made from which, and which of a speaker's attempts is the best."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from voicestudio.models import CloneAttempt, Event, Happened, Speaker

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.history import CloneAttemptQuerySet


@dataclass
class Branch:
    """An attempt, and what was made from it, the oldest first."""

    attempt: CloneAttempt
    branches: list["Branch"] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many attempts there are, this one included."""
        return 1 + sum(branch.size for branch in self.branches)


def tree(speaker: Speaker) -> list[Branch]:
    """All attempts of a speaker as trees, the newest tree first; in one query."""
    return _grown(CloneAttempt.objects.filter(speaker=speaker))


def family(attempt: CloneAttempt) -> Branch:
    """The tree that holds this attempt, from its first ancestor on."""
    root = attempt
    seen = {attempt.pk}
    while root.parent_id is not None and root.parent_id not in seen:
        seen.add(root.parent_id)
        root = CloneAttempt.objects.get(pk=root.parent_id)
    level, pks = [root.pk], {root.pk}
    while level:
        children = CloneAttempt.objects.filter(parent__in=level).values_list("pk", flat=True)
        level = [pk for pk in children if pk not in pks]
        pks |= set(level)
    found = _grown(CloneAttempt.objects.filter(pk__in=pks))
    return next(branch for branch in found if branch.attempt.pk == root.pk)


def pin(attempt: CloneAttempt, *, by: "User") -> None:
    """Say that this one is the best of its speaker's attempts."""
    with transaction.atomic():
        changed = Speaker.objects.filter(pk=attempt.speaker_id).exclude(best_attempt=attempt)
        if changed.update(best_attempt=attempt):
            Event.objects.create(
                what=Happened.PINNED, attempt=attempt, voice=attempt.cloned_voice, person=by
            )


def unpin(speaker: Speaker) -> None:
    """None of them is the best."""
    Speaker.objects.filter(pk=speaker.pk).update(best_attempt=None)


def _grown(rows: "CloneAttemptQuerySet") -> list[Branch]:
    """Trees of these rows, each with all that is told of it, its changes included."""
    rows = rows.select_related("created_by", "recording", "prompt_clip", "cloned_voice")
    attempts = list(rows.defer("answer", "answer_text", "calls", "search_text").order_by("pk"))
    branches = {attempt.pk: Branch(attempt) for attempt in attempts}
    roots: list[Branch] = []
    children: dict[int, list[Branch]] = defaultdict(list)
    for attempt in attempts:
        branch = branches[attempt.pk]
        if attempt.parent_id in branches and attempt.parent_id is not None:
            attempt.parent = branches[attempt.parent_id].attempt
        if attempt.parent_id in branches and attempt.parent_id is not None:
            children[attempt.parent_id].append(branch)
        else:
            roots.append(branch)
    for pk, found in children.items():
        branches[pk].branches = found
    return roots[::-1]
