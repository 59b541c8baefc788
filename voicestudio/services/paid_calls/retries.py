"""Outcomes: which state follows from an error, for every call that costs money."""

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from voicestudio.minimax import MiniMaxError, NotSent, Reason, Refused
from voicestudio.models import PaidCall
from voicestudio.models.paid_calls import UNKNOWN, WAITING
from voicestudio.words import Trouble

from . import call_log, rate_limit

if TYPE_CHECKING:
    from django.tasks import Task

    type Job = Task[[int], None]

STOPPED: Final = "stopped"
FAILED: Final = "failed"
SENDING: Final = "sending"
# Source: provider.md, "Codes": both are moderation.
STOPPED_CODES: Final = frozenset({1026, 1027})
# A repeat is due after these seconds, give or take a fifth; the last one is used on and on.
PAUSES: Final = (2, 5, 10, 20, 40, 60, 90, 120)
# About half an hour of repeats.
MOST_RUNS: Final = 20
RAW_LIMIT: Final = 65_536


def _facts_of(call: PaidCall, error: MiniMaxError, *, was_sent: bool) -> dict[str, Any]:
    """The columns that tell support what came back."""
    gave_up = isinstance(error, NotSent) or (not was_sent and error.outcome_unknown)
    return {
        "http_status": error.http_status,
        "status_code": error.status_code,
        "status_msg": error.status_msg[:2000],
        "trace_id": error.trace_id[:255],
        "answer_text": error.raw[:RAW_LIMIT],
        "answered_at": timezone.now() if error.http_status is not None else None,
        "trouble": Trouble.GAVE_UP if gave_up else call_log.trouble(error),
        "calls": call.calls,
    }


def ending(call: PaidCall, error: MiniMaxError, *, was_sent: bool) -> dict[str, Any]:
    """The columns of a call that is not repeated: it ends with the answer, if there was one."""
    facts = _facts_of(call, error, was_sent=was_sent)
    return facts | {
        "status": _status_of(error, was_sent=was_sent),
        "finished_at": facts["answered_at"] or timezone.now(),
        "lease_until": None,
    }


def _status_of(error: MiniMaxError, *, was_sent: bool) -> str:
    if was_sent and error.outcome_unknown:
        return UNKNOWN
    return STOPPED if error.status_code in STOPPED_CODES else FAILED


def will_be_repeated(call: PaidCall, error: MiniMaxError, *, was_sent: bool) -> bool:
    """Whether the same may go out again by itself.

    An upload costs nothing and makes no voice: it may be repeated even if its answer was lost.
    """
    harmless = not was_sent and error.outcome_unknown
    return (error.retryable or harmless) and call.attempts_made < MOST_RUNS


def repeat_later(
    call: PaidCall, error: MiniMaxError, job: "Job", *, held_as: tuple[str, ...], was_sent: bool
) -> None:
    """Put the call back: after a pause, or in line behind the others if all have to slow down."""
    facts = _facts_of(call, error, was_sent=was_sent)
    facts |= {"answered_at": None, "trouble": call_log.trouble(error)}
    slow_down = isinstance(error, Refused) and error.reason is Reason.RATE_LIMIT
    with transaction.atomic():
        if slow_down and was_sent:
            rate_limit.slow_down(call, code=error.status_code, retry_after=error.retry_after)
            call.slot_at = None
            due: datetime = rate_limit.reserve_slot(call, now_or_never=False).at
            facts["slot_at"] = due
        else:
            due = _after_a_pause(call, error)
            facts["slot_at"] = None
        _put_back(call, due, job, held_as=held_as, **facts)


def stand_in_line(call: PaidCall, due: datetime, job: "Job") -> None:
    """Put the call back until its turn comes; waiting is no try."""
    _put_back(
        call,
        due,
        job,
        held_as=(SENDING,),
        slot_at=due,
        attempts_made=max(call.attempts_made - 1, 0),
        trouble=Trouble.IN_LINE,
        calls=call.calls,
    )


def come_back_later(rows: Any, pk: int, job: "Job") -> None:
    """A job that came before its call was due, since that was put off meanwhile: once more then."""
    now = timezone.now()
    due = rows.filter(pk=pk, status=WAITING, retry_at__gt=now).values_list("retry_at", flat=True)
    for moment in due:
        job.using(run_after=moment).enqueue(pk)


def _put_back(
    call: PaidCall, due: datetime, job: "Job", *, held_as: tuple[str, ...], **facts: Any
) -> None:
    waiting = call.advance(
        held_as=held_as,
        status=WAITING,
        claim=None,
        lease_until=None,
        retry_at=due,
        enqueued_at=timezone.now(),
        **facts,
    )
    if waiting:
        job.using(run_after=due).enqueue(call.pk)


def _after_a_pause(call: PaidCall, error: MiniMaxError) -> datetime:
    """When to try again: growing pauses, never all at once, later if the provider says so."""
    pause = PAUSES[min(max(call.attempts_made, 1), len(PAUSES)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    return timezone.now() + timedelta(seconds=max(pause, min(error.retry_after or 0, 600)))
