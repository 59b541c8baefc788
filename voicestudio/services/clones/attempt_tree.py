"""Attempt tree: which attempt repeats which, and which of a speaker's attempts is the best."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction
from django.db.models import Case, Q, When

from voicestudio.models import Action, CloneAttempt, Speaker, Verb
from voicestudio.models.attempt_queryset import SHOWN_IN_ROWS
from voicestudio.models.voice_states import STATE_FIELDS
from voicestudio.services.audit import record
from voicestudio.services.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.attempt_queryset import CloneAttemptQuerySet

TREE_PAGE_SIZE: Final = 25
# Only so many of a speaker's newest attempts are put in the order of the tree.
MAX_ORDERED: Final = 10_000


class TreeRow(NamedTuple):
    """An attempt and the number of its ancestors."""

    attempt: CloneAttempt
    depth: int


class TreePage(NamedTuple):
    """One page of a speaker's attempts: `number` of `pages`, of `size` attempts in all.

    `newest` is the id of the newest attempt on all pages.
    """

    rows: list[TreeRow]
    number: int
    pages: int
    size: int
    newest: int | None


def tree_page(speaker: Speaker, *, number: int = 1, size: int = TREE_PAGE_SIZE) -> TreePage:
    """One page of a speaker's attempts in the order of their trees; in two queries.

    Only ids are read of the other attempts, so a page costs nearly the same with a thousand of
    them. A `number` beyond the end is the last page.
    """
    ids = CloneAttempt.objects.filter(speaker=speaker).order_by("-pk")
    pairs = list(ids.values_list("pk", "parent_id")[:MAX_ORDERED])[::-1]
    order = _order_by_tree(pairs)
    pages = max(1, -(-len(order) // size))
    number = min(max(1, number), pages)
    part = order[(number - 1) * size : number * size]
    shown = _with_row_columns(CloneAttempt.objects.filter(pk__in=dict(part))).in_bulk()
    rows = [TreeRow(shown[pk], depth) for pk, depth in part]
    newest = pairs[-1][0] if pairs else None
    return TreePage(rows, number, pages, len(order), newest)


def best_attempt(speaker: Speaker) -> CloneAttempt | None:
    """The pinned attempt with all that its row shows."""
    return None if speaker.best_attempt_id is None else get_row(speaker.best_attempt_id)


def get_row(pk: int) -> CloneAttempt | None:
    """One attempt with all that its row shows."""
    return _with_row_columns(CloneAttempt.objects.filter(pk=pk)).first()


def relatives(attempt: CloneAttempt, *, most: int = 8) -> list[tuple[str, CloneAttempt]]:
    """Parent, children and siblings of an attempt, each with its relation; in one query.

    The newest come first, and parent and children before siblings. Only those of the same project:
    one of them may have been moved to another.
    """
    related = Q(parent=attempt.pk)
    if attempt.parent_id is not None:
        related |= Q(pk=attempt.parent_id) | Q(parent=attempt.parent_id)
    distance = Case(When(pk=attempt.parent_id, then=0), When(parent=attempt.pk, then=1), default=2)
    related &= Q(project=attempt.project_id)
    rows = _with_row_columns(CloneAttempt.objects.filter(related).exclude(pk=attempt.pk))
    return [(_relation(row, attempt), row) for row in rows.order_by(distance, "-pk")[:most]]


def pin(attempt: CloneAttempt, *, by: "User") -> None:
    """Mark this attempt as the best of its speaker."""
    require(by, Action.MANAGE_SPEAKERS, attempt.project_id)
    with transaction.atomic():
        changed = Speaker.objects.filter(pk=attempt.speaker_id).exclude(best_attempt=attempt)
        if changed.update(best_attempt=attempt):
            record(Verb.CLONE_PINNED, by=by, on=attempt)


def unpin(speaker: Speaker, *, by: "User") -> None:
    """Mark none of the speaker's attempts as the best."""
    require(by, Action.MANAGE_SPEAKERS, speaker.project_id)
    with transaction.atomic():
        pinned = Speaker.objects.filter(pk=speaker.pk, best_attempt__isnull=False)
        if pinned.update(best_attempt=None):
            record(Verb.CLONE_UNPINNED, by=by, on=speaker, attempt=speaker.best_attempt_id)


def _relation(row: CloneAttempt, attempt: CloneAttempt) -> str:
    if row.pk == attempt.parent_id:
        return "parent"
    return "child" if row.parent_id == attempt.pk else "sibling"


def _order_by_tree(pairs: Sequence[tuple[int, int | None]]) -> list[tuple[int, int]]:
    """(id, depth) of each (id, parent): the newest tree first, children after their parent."""
    known = {pk for pk, _parent in pairs}
    children: dict[int, list[int]] = defaultdict(list)
    roots: list[int] = []
    for pk, parent in pairs:
        if parent is not None and parent in known:
            children[parent].append(pk)
        else:
            roots.append(pk)
    ordered: list[tuple[int, int]] = []
    # A stack instead of recursion: a tree may be as deep as there are attempts.
    stack = [(pk, 0) for pk in roots]
    while stack:
        pk, depth = stack.pop()
        ordered.append((pk, depth))
        stack += [(child, depth + 1) for child in reversed(children[pk])]
    return ordered


def _with_row_columns(rows: "CloneAttemptQuerySet") -> "CloneAttemptQuerySet":
    """With all that one row shows, its voice included."""
    voice = (f"cloned_voice__{name}" for name in STATE_FIELDS)
    names = (f"created_by__{name}" for name in ("username", "first_name", "last_name"))
    return rows.select_related("created_by", "cloned_voice").only(
        *names, "speaker", *voice, *SHOWN_IN_ROWS
    )
