"""Runner: takes one paid call from the queue to its recorded answer.

Three rules hold. The call is sent at most once. Where no answer came, the outcome is unknown and
is called so. The state of the row is true whenever it is read, also while this code runs.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from voicestudio.minimax import MiniMaxError
from voicestudio.models import CallStatus, PaidCall, clock
from voicestudio.services.audit import record_call
from voicestudio.services.log_context import log_call, log_fields
from voicestudio.services.money import limits
from voicestudio.services.money.budgets import BudgetKind
from voicestudio.services.money.prices import price_of
from voicestudio.words import Trouble

from . import call_log, journal, leases, rate_limit, retries
from .results import finish_journal, record_answer, record_error, record_failure
from .steps import NotSendable, NotYet, Steps

logger = logging.getLogger(__name__)

NOT_YET_PAUSE: Final = timedelta(seconds=1)
# Why a call was not sent, by the budget that leaves too little.
OVER_BUDGET: Final = {
    BudgetKind.MONTH: Trouble.OVER_LIMIT,
    BudgetKind.PROJECT_MONTH: Trouble.OVER_MONTH,
    BudgetKind.PROJECT_TOTAL: Trouble.OVER_TOTAL,
}


def run(steps: Steps[Any, Any, Any], pk: int) -> None:
    """Do what is left to do for one call, unless another worker holds it."""
    rows = steps.model._default_manager.all()
    with log_call(str(steps.model._meta.model_name), pk), leases.hold() as claim:
        call = rows.claim(pk, claim, worker=leases.worker)
        if call is None:
            retries.enqueue_when_due(rows, pk, steps.job)
            return
        with log_fields(person=call.created_by_id):
            _run_claimed(steps, call, claim)


def _run_claimed(steps: Steps[Any, Any, Any], call: PaidCall, claim: UUID) -> None:
    """Prepare and send a call that this worker holds, and record what came of it."""
    recorded = True
    try:
        if not call.is_for_this_account:
            raise NotSendable(Trouble.OTHER_ACCOUNT)
        request = steps.prepare(call)
        answer = _send_once(steps, call, request)
    except MiniMaxError as error:
        recorded = record_error(steps, call, error)
    except NotYet:
        retries.wait_for_slot(call, clock.now() + NOT_YET_PAUSE, steps.job)
    except limits.LimitReached as reached:
        record_failure(steps, call, OVER_BUDGET[reached.budget.kind])
    except NotSendable as refused:
        reason = refused.__cause__ or refused
        logger.warning("%s %s is not sent: %s: %s", steps.name, call.pk, refused, reason)
        record_failure(steps, call, refused.trouble)
    except Exception:
        record_failure(steps, call, Trouble.OURS)
        raise
    else:
        if answer is not None:
            recorded = record_answer(steps, call, answer)
    # Otherwise a person has settled the call meanwhile: the journal keeps the answer for it.
    if recorded:
        finish_journal(call, claim)


def retry_interrupted(steps: Steps[Any, Any, Any], call: PaidCall) -> bool:
    """Let the worker run an interrupted call again; False if it is not interrupted.

    Only a call that was never sent can be interrupted, so nothing is paid twice. Raises
    IntegrityError if another call has taken its place meanwhile.
    """
    with transaction.atomic():
        rows = steps.model._default_manager.filter(pk=call.pk)
        waiting = rows.requeue(CallStatus.INTERRUPTED)
        if waiting:
            record_call(call, "retried")
            steps.job.enqueue(call.pk)
    return bool(waiting)


def _send_once(steps: Steps[Any, Any, Any], call: PaidCall, request: Any) -> Any:
    """Mark the call as sent, then send it. None if it has to wait for its slot or was lost."""
    if not journal.has_room():
        raise NotSendable(Trouble.DISK_FULL)
    try:
        marked = _mark_sent(steps, call, request)
    except Exception:
        # It may have been set before the transaction failed, but nothing was sent.
        call.status = CallStatus.SENDING
        raise
    if not marked:
        return None
    keep = partial(journal.write, call)
    return call_log.logged_call(call, steps.name, lambda: steps.send(call, request, keep))


def _mark_sent(steps: Steps[Any, Any, Any], call: PaidCall, request: Any) -> bool:
    """Write that the call is sent now; False if it has to wait for its slot or was lost."""
    with transaction.atomic():
        steps.check(call)
        limits.check_budget(price_of(call), project=call.project_id, call=call)
        slot = rate_limit.reserve_slot(call)
        if not slot.granted:
            retries.wait_for_slot(call, slot.at, steps.job)
            return False
        first = {} if call.sent is not None else {"sent": request.body(), "sent_at": slot.at}
        marked = call.advance(
            held_as=(CallStatus.SENDING,),
            status=call.IN_FLIGHT_STATUS,
            slot_at=slot.at,
            lease_until=leases.lease_end(),
            **first,
        )
        if not marked:
            transaction.set_rollback(True)
    return marked
