"""Retries: which errors end a paid call, and which let it wait for another try.

Libraries such as tenacity repeat a call within one process. Here the pause has to survive a
restart and be seen on the page, so it is a time in the row and a job that becomes due.
"""

import itertools
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from voicestudio.minimax import MiniMaxError, NoAnswer, NotSent, Reason, Refused
from voicestudio.models import CallStatus, PaidCall, clock
from voicestudio.words import Trouble

from . import call_log, rate_limit

if TYPE_CHECKING:
    from django.tasks import Task

    type Job = Task[[int], None]

# Source: provider.md, "Codes": both are moderation.
MODERATION_CODES: Final = frozenset({1026, 1027})
# Seconds before each retry, give or take a fifth; the last one is used from then on.
PAUSES: Final = (2, 5, 10, 20, 40, 60, 90, 120)
MAX_PAUSE: Final = 600.0
# About half an hour of retries.
MAX_ATTEMPTS: Final = 20
# An upload that is answered so often without success does not succeed by repeating it.
MAX_ANSWERED_UPLOADS: Final = 5


def may_retry(call: PaidCall, error: MiniMaxError, *, was_sent: bool) -> bool:
    """Whether the same request may be sent again without asking a person.

    An upload costs nothing and makes no voice, so it is repeated even if its answer was lost.
    """
    if call.attempts_made >= MAX_ATTEMPTS:
        return False
    if error.retryable or was_sent or not error.outcome_unknown:
        return error.retryable
    return error.http_status is None or _answered_in_vain(call) < MAX_ANSWERED_UPLOADS


def _answered_in_vain(call: PaidCall) -> int:
    """How many of the newest HTTP calls of this row were answered without success."""
    answered = (entry.get("http_status") and entry.get("trouble") for entry in reversed(call.calls))
    return sum(1 for _ in itertools.takewhile(bool, answered))


def final_columns(call: PaidCall, error: MiniMaxError, *, was_sent: bool) -> dict[str, Any]:
    """The columns of a call that ends with this error."""
    columns = _error_columns(call, error, was_sent=was_sent)
    if was_sent and error.outcome_unknown:
        status = CallStatus.UNKNOWN
    elif error.status_code in MODERATION_CODES:
        status = CallStatus.STOPPED
    else:
        status = CallStatus.FAILED
    finished_at = columns["answered_at"] or clock.now()
    return columns | {"status": status, "finished_at": finished_at, "lease_until": None}


def schedule_retry(call: PaidCall, error: MiniMaxError, job: "Job", *, was_sent: bool) -> bool:
    """Put the call back: after a pause, or behind all others if MiniMax asks us to slow down.

    False if another worker holds the call.
    """
    columns = _error_columns(call, error, was_sent=was_sent)
    columns |= {"answered_at": None, "trouble": call_log.trouble_of(error)}
    slow_down = isinstance(error, Refused) and error.reason is Reason.RATE_LIMIT
    with transaction.atomic():
        if slow_down and was_sent:
            rate_limit.slow_down(call, code=error.status_code, retry_after=error.retry_after)
            call.slot_at = None
            due = rate_limit.reserve_slot(call, allow_now=False).at
            columns["slot_at"] = due
        else:
            due = _after_pause(call, error)
            columns["slot_at"] = None
        return _put_back(call, due, job, **columns)


def wait_for_slot(call: PaidCall, due: datetime, job: "Job") -> None:
    """Put the call back until its slot of the rate limit; this does not count as a try."""
    _put_back(
        call,
        due,
        job,
        slot_at=due,
        attempts_made=max(call.attempts_made - 1, 0),
        trouble=Trouble.IN_LINE,
        calls=call.calls,
    )


def enqueue_when_due(rows: Any, pk: int, job: "Job") -> None:
    """Enqueue a call again whose job came early, because it was postponed meanwhile."""
    waiting = rows.filter(pk=pk, status=CallStatus.WAITING, retry_at__gt=clock.now())
    for due in waiting.values_list("retry_at", flat=True):
        job.using(run_after=due).enqueue(pk)


def _put_back(call: PaidCall, due: datetime, job: "Job", **columns: Any) -> bool:
    waiting = call.advance(
        status=CallStatus.WAITING,
        claim=None,
        lease_until=None,
        retry_at=due,
        finished_at=None,
        enqueued_at=clock.now(),
        **columns,
    )
    if waiting:
        job.using(run_after=due).enqueue(call.pk)
    return waiting


def _after_pause(call: PaidCall, error: MiniMaxError) -> datetime:
    """When to try again: growing pauses with jitter, later if the provider says so."""
    pause = PAUSES[min(max(call.attempts_made, 1), len(PAUSES)) - 1]
    jittered = pause * random.uniform(0.8, 1.2)  # noqa: S311
    return clock.now() + timedelta(seconds=max(jittered, min(error.retry_after or 0, MAX_PAUSE)))


def _error_columns(call: PaidCall, error: MiniMaxError, *, was_sent: bool) -> dict[str, Any]:
    """The columns that tell support what came back."""
    gave_up = isinstance(error, NotSent) or (not was_sent and isinstance(error, NoAnswer))
    return {
        "http_status": error.http_status,
        "status_code": error.status_code,
        "status_msg": error.status_msg[:2000],
        "trace_id": error.trace_id[:255],
        "answer_text": error.raw,
        "answered_at": clock.now() if error.http_status is not None else None,
        "trouble": Trouble.GAVE_UP if gave_up else call_log.trouble_of(error),
        "calls": call.calls,
    }
