"""Lineage: which attempt was made from which, and which of a speaker's attempts is the best."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction
from django.db.models import Case, Q, When

from voicestudio.models import CloneAttempt, Event, EventKind, Speaker
from voicestudio.models.attempt_queryset import SHOWN_IN_ROWS
from voicestudio.models.voice_states import STATE_FIELDS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.attempt_queryset import CloneAttemptQuerySet

TREE_PAGE_SIZE: Final = 25
# So many of a speaker's newest attempts are put in order; beyond that nobody reads.
MOST_PLACED: Final = 10_000


@dataclass
class Branch:
    """An attempt, and what was made from it, the oldest first."""

    attempt: CloneAttempt
    branches: list["Branch"] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many attempts there are, this one included."""
        return 1 + sum(branch.size for branch in self.branches)


class TreeRow(NamedTuple):
    """An attempt, and how many ancestors it has."""

    attempt: CloneAttempt
    depth: int


class TreePage(NamedTuple):
    """One page of a speaker's attempts: `number` of `pages`, of `size` attempts in all."""

    rows: list[TreeRow]
    number: int
    pages: int
    size: int


def tree(speaker: Speaker) -> list[Branch]:
    """All attempts of a speaker as trees, the newest tree first; in one query."""
    return _grown(CloneAttempt.objects.filter(speaker=speaker))


def tree_page(speaker: Speaker, *, number: int = 1, size: int = TREE_PAGE_SIZE) -> TreePage:
    """One page of all attempts of a speaker in the order of their trees; in two queries.

    Only ids are read of the others, so that a page costs nearly the same with a thousand of them.
    A `number` beyond the end is the last page.
    """
    ids = CloneAttempt.objects.filter(speaker=speaker).order_by("-pk")
    pairs = list(ids.values_list("pk", "parent_id")[:MOST_PLACED])[::-1]
    order = _in_order(pairs)
    pages = max(1, -(-len(order) // size))
    number = min(max(1, number), pages)
    part = order[(number - 1) * size : number * size]
    shown = _rows(CloneAttempt.objects.filter(pk__in=[pk for pk, _depth in part])).in_bulk()
    return TreePage([TreeRow(shown[pk], depth) for pk, depth in part], number, pages, len(order))


def best(speaker: Speaker) -> CloneAttempt | None:
    """The attempt that somebody pinned, with all that its row tells."""
    return None if speaker.best_attempt_id is None else row(speaker.best_attempt_id)


def row(pk: int) -> CloneAttempt | None:
    """One attempt, with all that its row tells."""
    return _rows(CloneAttempt.objects.filter(pk=pk)).first()


def relatives(attempt: CloneAttempt, *, most: int = 8) -> list[tuple[str, CloneAttempt]]:
    """Parent, siblings and children of an attempt, each with what it is; in one query.

    Of many the newest are told, parent and children before siblings.
    """
    kin = Q(parent=attempt.pk)
    if attempt.parent_id is not None:
        kin |= Q(pk=attempt.parent_id) | Q(parent=attempt.parent_id)
    near = Case(When(pk=attempt.parent_id, then=0), When(parent=attempt.pk, then=1), default=2)
    rows = _rows(CloneAttempt.objects.filter(kin).exclude(pk=attempt.pk))
    found = rows.order_by(near, "-pk")[:most]
    return [(_relation(one, attempt), one) for one in found]


def _relation(one: CloneAttempt, attempt: CloneAttempt) -> str:
    """What `one` is to `attempt`."""
    if one.pk == attempt.parent_id:
        return "parent"
    return "child" if one.parent_id == attempt.pk else "sibling"


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
                kind=EventKind.PINNED, attempt=attempt, voice=attempt.cloned_voice, person=by
            )


def unpin(speaker: Speaker) -> None:
    """None of them is the best."""
    Speaker.objects.filter(pk=speaker.pk).update(best_attempt=None)


def _in_order(pairs: Sequence[tuple[int, int | None]]) -> list[tuple[int, int]]:
    """(id, depth) of each, children after their parent: the newest tree first, then by age."""
    known = {pk for pk, _parent in pairs}
    children: dict[int, list[int]] = defaultdict(list)
    roots: list[int] = []
    for pk, parent in pairs:
        if parent is not None and parent in known:
            children[parent].append(pk)
        else:
            roots.append(pk)
    found: list[tuple[int, int]] = []
    # Trees may be as deep as there are attempts, so no call waits for another.
    ahead = [(pk, 0) for pk in roots]
    while ahead:
        pk, depth = ahead.pop()
        found.append((pk, depth))
        ahead += [(child, depth + 1) for child in reversed(children[pk])]
    return found


def _rows(rows: "CloneAttemptQuerySet") -> "CloneAttemptQuerySet":
    """With all that one row tells, its voice included."""
    voice = (f"cloned_voice__{name}" for name in STATE_FIELDS)
    return rows.select_related("created_by", "cloned_voice").only(
        "created_by__username", "speaker", *voice, *SHOWN_IN_ROWS
    )


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
