"""Deletion of what is due: by a person's yes, or by a rule that was switched on.

Each thing is locked and asked again before it goes. Recordings and speeches go by the services that
also delete them elsewhere.
"""

import itertools
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from voicestudio.models import (
    Action,
    AudioFile,
    Draft,
    PaidCall,
    RetentionKind,
    RetentionRule,
    Studio,
    Verb,
    clock,
)
from voicestudio.services import drafts, recordings, storage
from voicestudio.services.audit import record
from voicestudio.services.permissions import require
from voicestudio.services.voices.deletion import delete_call_audio

from .due import PAGE_SIZE, DueThing, due_rows, find_due, walk_due

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# A rule deletes so many things at once; the next round goes on with the others.
RUN_SIZE: Final = 200
# After a round that left nothing, the tables are searched again only then.
PAUSE: Final = timedelta(hours=1)
# A page waits at most so long; what is left stays listed.
PAGE_SECONDS: Final = 20.0
# Without an answer of MiniMax to so many deletions, a run leaves the others to the next one: each
# costs seconds, in which nothing else that is due is deleted.
MAX_UNANSWERED: Final = 3


@dataclass
class Run:
    """How many things were deleted, of how many bytes; `failed` can be tried again.

    A deletion that MiniMax did not answer counts as failed, and the worker finishes it. `left` is
    not 0 if the run stopped before its last thing.
    """

    deleted: int = 0
    bytes: int = 0
    failed: int = 0
    left: int = 0


def delete_listed(kind: str, keys: Iterable[str], *, by: "User") -> Run:
    """Delete these things, of one page, unless they have ceased to be due. Raises `NotAllowed`."""
    require(by, Action.MANAGE_RETENTION)
    rule = RetentionRule.of(kind)
    chosen = list(dict.fromkeys(keys))[:PAGE_SIZE]
    found = (thing for key in chosen if (thing := find_due(rule, key)))
    return _delete_things(rule, found, by=by, until=time.monotonic() + PAGE_SECONDS)


def delete_all(kind: str, *, by: "User") -> Run:
    """Delete everything that is due now. Raises `NotAllowed`."""
    require(by, Action.MANAGE_RETENTION)
    rule = RetentionRule.of(kind)
    return _delete_things(rule, walk_due(rule), by=by)


def apply_rules() -> None:
    """Delete a bounded number of what is due by each rule that is switched on.

    Nothing while the studio is held after a restore: an administrator has to look first.
    """
    for kind in RetentionKind:
        RetentionRule.of(kind)
        rules = RetentionRule.objects.filter(kind=kind, is_automatic=True).exclude(Studio.is_held())
        now = clock.now()
        # One conditional UPDATE decides which worker takes this round.
        if rules.filter(next_look_at__lte=now).update(next_look_at=now + PAUSE):
            rule = RetentionRule.of(kind)
            due = itertools.islice(_walk_while_unchanged(rule), RUN_SIZE)
            run = _delete_things(rule, due, by=None)
            if run.deleted and run.deleted + run.failed >= RUN_SIZE:
                rules.update(next_look_at=now)


def _walk_while_unchanged(rule: RetentionRule) -> Iterator[DueThing]:
    """What is due by the rule, until an administrator changes it."""
    same = RetentionRule.objects.filter(pk=rule.pk, is_automatic=True, days=rule.days)
    for thing in walk_due(rule):
        if not same.exists():
            return
        yield thing


def _delete_things(
    rule: RetentionRule,
    things: Iterable[DueThing],
    *,
    by: "User | None",
    until: float | None = None,
) -> Run:
    """Delete one after the other, and write one entry for all."""
    run, unanswered = Run(), 0
    try:
        for thing in things:
            is_over = until is not None and time.monotonic() > until
            if is_over or unanswered == MAX_UNANSWERED:
                run.left += 1
                continue
            try:
                if _delete(rule, thing.row, by):
                    run.deleted += 1
                    run.bytes += thing.bytes
            except recordings.DeletedLater:
                logger.warning("%s is deleted later: MiniMax does not answer.", thing.key)
                run.failed, unanswered = run.failed + 1, unanswered + 1
            except (recordings.NotDeleted, OSError):
                logger.warning("%s cannot be deleted yet.", thing.key, exc_info=True)
                run.failed += 1
    finally:
        if run.deleted or run.failed:
            record(
                Verb.RETENTION_RUN, by=by, kind=rule.kind, days=rule.days, is_automatic=by is None,
                count=run.deleted, bytes=run.bytes, failed=run.failed,
            )  # fmt: skip
    return run


def _delete(rule: RetentionRule, row: Any, by: "User | None") -> bool:
    """Delete one thing if it is still due; whether it was. OSError if its files cannot go."""
    match row:
        case AudioFile():
            return recordings.delete_due_recording(row, due_rows(rule)[0], by=by)
        case Draft():
            return drafts.delete_draft(row, due_rows(rule)[0])
    (rows,) = (rows for rows in due_rows(rule) if rows.model is type(row))
    with transaction.atomic():
        # Locked, so that of two runs at once the second one finds nothing.
        call = rows.select_for_update(of=("self",)).filter(pk=row.pk).first()
        if call is None:
            return False
        if rule.kind == RetentionKind.ANSWERS:
            _blank_answer(call)
        elif any(not item.is_gone for item in delete_call_audio(call, by=by)):
            raise OSError(f"the audio of {call._meta.model_name} {call.pk} cannot be deleted")
    return True


def _blank_answer(call: PaidCall) -> None:
    """Delete what MiniMax answered; codes, trace id, times and all that was read from it stay."""
    if call.answer_file:
        storage.delete(call.answer_file)
    manager: Any = type(call)._default_manager
    manager.filter(pk=call.pk).update(
        answer=None, answer_text="", answer_file="", answer_deleted_at=clock.now()
    )
