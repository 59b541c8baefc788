"""Hold: a restored studio sends no paid call until an administrator has decided what goes on.

What waited when the backup was made may have been sent and paid afterwards, which the restored
studio cannot know. So each such call waits for a decision, and until the hold ends no other call
is sent either: people may have requested again what they miss.
"""

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction

from voicestudio.models import (
    Action,
    AuditEntry,
    CallStatus,
    CloneAttempt,
    PaidCall,
    Speech,
    Studio,
    Verb,
    clock,
)
from voicestudio.words import Trouble

from . import audit, clones, speeches, worker
from .permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


class UndecidedError(Exception):
    """The hold cannot end while calls wait for a decision."""


def is_held() -> bool:
    """Whether no paid call is sent now."""
    return Studio.objects.filter(held_since__isnull=False).exists()


def start(backup: str = "") -> None:
    """Hold the studio, since this backup was restored; a hold that has begun keeps its time.

    A restore that goes on after a break starts the same hold again, which has one entry.
    """
    with transaction.atomic():
        Studio.lock()
        Studio.objects.filter(held_since=None).update(held_since=clock.now())
        if not AuditEntry.objects.filter(verb=Verb.HOLD_STARTED, facts__backup=backup).exists():
            audit.record(Verb.HOLD_STARTED, backup=backup)
    logger.warning("The studio is held: no paid call is sent until an administrator ends the hold.")


def list_undecided(*, by: "User") -> list[PaidCall]:
    """The calls that waited when the backup was made and still need a decision, oldest first.

    Raises `NotAllowed`.
    """
    require(by, Action.END_HOLD)
    calls: list[Any] = [call for kind in PaidCall.kinds() for call in _undecided(kind)]
    return sorted(calls, key=lambda call: call.created_at)


def _undecided(kind: Any) -> Any:
    rows = kind.objects.filter(status=CallStatus.INTERRUPTED, trouble=Trouble.RESTORED)
    return rows.select_related("created_by", "project")


def go_on(call: PaidCall, *, by: "User") -> bool:
    """Let the call wait for the worker again; it is sent once the hold has ended.

    False if it has been decided already, or cannot go on. Raises `NotAllowed`.
    """
    require(by, Action.END_HOLD)
    if call.trouble != Trouble.RESTORED:
        return False
    if isinstance(call, CloneAttempt):
        return clones.retry_interrupted(call, by=by)
    assert isinstance(call, Speech)
    return speeches.retry_interrupted(call, by=by)


def withdraw(call: PaidCall, *, by: "User") -> bool:
    """End the call unsent; False if it has been decided already. Raises `NotAllowed`."""
    require(by, Action.END_HOLD)
    with transaction.atomic():
        rows = _undecided(type(call)).filter(pk=call.pk)
        ended = rows.update(
            status=CallStatus.FAILED, trouble=Trouble.WITHDRAWN, finished_at=clock.now()
        )
        if ended:
            audit.record_call(call, "withdrawn", by=by)
    return bool(ended)


def end(*, by: "User") -> None:
    """End the hold: the worker sends what waits. Raises `NotAllowed`, `UndecidedError`."""
    require(by, Action.END_HOLD)
    with transaction.atomic():
        Studio.lock()
        if any(_undecided(kind).exists() for kind in PaidCall.kinds()):
            raise UndecidedError
        if Studio.objects.filter(held_since__isnull=False).update(held_since=None):
            audit.record(Verb.HOLD_ENDED, by=by)
            logger.warning("The hold has ended: paid calls are sent again.")
    worker.requeue_lost_calls(at_once=True)
