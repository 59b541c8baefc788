"""Runner: takes one paid call from the queue to its recorded answer.

Three rules hold. The call is sent at most once. Where no answer came, the outcome is unknown and
is called so. The state of the row is true whenever it is read, also while this code runs.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from voicestudio.minimax import HttpResponse, MiniMaxError
from voicestudio.models import CallKind, CallStatus, PaidCall
from voicestudio.services import storage
from voicestudio.services.audit import record_call
from voicestudio.services.log_context import log_call, log_fields
from voicestudio.services.money import limits
from voicestudio.services.money.budgets import BudgetKind
from voicestudio.services.money.prices import price_of
from voicestudio.words import Trouble

from . import audio_download, call_log, journal, leases, rate_limit, retries, waveforms

if TYPE_CHECKING:
    from django.tasks import Task

logger = logging.getLogger(__name__)

type Keep = Callable[[HttpResponse], None]
NOT_YET_PAUSE: Final = timedelta(seconds=1)
# Why a call was not sent, by the budget that leaves too little.
OVER_BUDGET: Final = {
    BudgetKind.MONTH: Trouble.OVER_LIMIT,
    BudgetKind.PROJECT_MONTH: Trouble.OVER_MONTH,
    BudgetKind.PROJECT_TOTAL: Trouble.OVER_TOTAL,
}
# The columns of an answer that are written even if another of them does not fit.
ESSENTIAL: Final = (
    "status", "answered_at", "finished_at", "http_status", "status_code", "trouble", "calls",
    "lease_until", "audio", "audio_url", "audio_trouble", "input_sensitive",
)  # fmt: skip


class NotSendable(Exception):  # noqa: N818 - an answer, not a mistake
    """The call cannot be sent any more, and `trouble` is the reason. Nothing was sent."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class NotYet(Exception):  # noqa: N818 - an answer, not a mistake
    """Something that the call needs is not there yet; the call waits a moment."""


@dataclass(frozen=True)
class Steps[Call: PaidCall, Request, Answer]:
    """What one kind of paid call does; the runner decides when and writes the state.

    `name` is the call in the log, `job` the task that runs it again.
    `prepare` returns the request once the provider has every file; it may raise `NotSendable`, and
    `NotYet` while another call provides what it needs.
    `check` runs in the transaction that marks the call as sent; it may raise `NotSendable`.
    `send` calls the provider, once; it hands the response to the journal before it is interpreted.
    `parse` interprets such a response again; it raises what `send` would.
    `answer_columns` returns the columns of an answer; audio inside it is stored already.
    `record_answer` writes these columns and what follows from them (voice, charge), in one
    transaction; False if another worker holds the call.
    `record_unknown` and `record_not_done` write what follows for voice and charge, in the
    transaction that writes the state.
    `after_error` learns from an error that has ended the call.
    """

    model: type[Call]
    name: str
    job: "Task[[int], None]"
    prepare: Callable[[Call], Request]
    check: Callable[[Call], None]
    send: Callable[[Call, Request, Keep], Answer]
    parse: Callable[[Call, HttpResponse], Answer]
    answer_columns: Callable[[Call, Answer], dict[str, Any]]
    record_answer: Callable[..., bool]
    record_unknown: Callable[[Call], None]
    record_not_done: Callable[[Call], None]
    after_error: Callable[[Call, MiniMaxError], None]


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
        request = steps.prepare(call)
        answer = _send_once(steps, call, request)
    except MiniMaxError as error:
        recorded = _record_error(steps, call, error)
    except NotYet:
        retries.wait_for_slot(call, timezone.now() + NOT_YET_PAUSE, steps.job)
    except limits.LimitReached as reached:
        _record_failure(steps, call, OVER_BUDGET[reached.budget.kind])
    except NotSendable as refused:
        _record_failure(steps, call, refused.trouble)
    except Exception:
        _record_failure(steps, call, Trouble.OURS)
        raise
    else:
        if answer is not None:
            recorded = record_answer(steps, call, answer)
    # Otherwise a person has settled the call meanwhile: the journal keeps the answer for it.
    if recorded:
        finish_journal(call, claim)


def record_from_journal(steps: Steps[Any, Any, Any], entry: journal.Entry) -> None:
    """Record an answer that could not be written when it came; a repeat changes nothing."""
    call = steps.model._default_manager.all().for_worker().filter(pk=entry.pk).first()
    if call is None or (call.claim != entry.claim and not _take_over(steps, call, entry)):
        # A person has settled the call meanwhile: what they said stands, and the answer is kept.
        logger.error("%s %s does not wait for an answer in the journal.", entry.kind, entry.pk)
        _keep_late_answer(call, entry)
        return
    if call.status in (CallStatus.SENDING, call.IN_FLIGHT_STATUS, CallStatus.UNKNOWN):
        call.status = call.IN_FLIGHT_STATUS  # as it was when the answer came
        try:
            answer = steps.parse(call, entry.response)
        except MiniMaxError as error:
            recorded = _record_error(steps, call, error)
        else:
            recorded = record_answer(steps, call, answer)
        if not recorded:
            return
    finish_journal(call, entry.claim)


def _take_over(steps: Steps[Any, Any, Any], call: PaidCall, entry: journal.Entry) -> bool:
    """Claim a call whose outcome a person wants to find out, if this answer is a yes.

    Then it is not asked for again. Any other answer may be one to an earlier try.
    """
    try:
        steps.parse(call, entry.response)
    except MiniMaxError:
        return False
    calls: Any = steps.model._default_manager
    rows = calls.filter(pk=call.pk, claim=None, status=CallStatus.UNKNOWN)
    if not rows.update(claim=entry.claim):
        return False
    call.claim = entry.claim
    return True


def finish_journal(call: PaidCall, claim: UUID) -> None:
    """Remove the answer from the journal once nothing of it would be lost."""
    call.claim = claim  # a call that waits again has lost it, but the file is named after it
    if call.lacks_audio_of_answer and not call.answer_file:
        with journal.moved_to_storage(call) as stored:
            if not stored:
                return
            type(call)._default_manager.filter(pk=call.pk).update(**stored)
    journal.remove(call)


def record_answer(steps: Steps[Any, Any, Any], call: PaidCall, answer: Any) -> bool:
    """Record a yes in one transaction, then copy and draw its audio; False if the claim is lost."""
    columns = steps.answer_columns(call, answer)
    has_audio = bool(columns.get("audio") or columns.get("audio_url"))
    now = timezone.now()
    columns |= {
        "status": CallStatus.READY,
        "answered_at": now,
        "finished_at": now,
        "http_status": answer.http_status,
        "status_code": answer.status_code,
        "status_msg": answer.status_msg,
        "trace_id": answer.trace_id,
        "trouble": "",
        "calls": call.calls,
        "lease_until": leases.lease_end() if has_audio else None,
    }
    try:
        recorded = _write_answer_or_essentials(steps, call, answer, columns)
    except Exception:
        # The answer stays in the journal; audio inside it is stored again from there.
        if stored := columns.get("audio"):
            journal.delete_unrecorded(call, "audio", stored)
        raise
    rate_limit.record_success(call)
    if not recorded:
        name = call._meta.model_name
        logger.error("%s %s was answered, but another worker holds it.", name, call.pk)
        if stored := columns.get("audio"):
            storage.delete(stored)
    elif has_audio and (columns.get("audio") or audio_download.fetch(call)):
        waveforms.draw_waveform(call)
    return recorded


def _write_answer_or_essentials(
    steps: Steps[Any, Any, Any], call: PaidCall, answer: Any, columns: dict[str, Any]
) -> bool:
    """Write the answer, without its details if one of them fits no column."""
    try:
        return _write_answer(steps, call, answer, columns)
    except (DataError, IntegrityError, OverflowError, ValueError):
        logger.exception("A detail of the answer to %s %s is dropped.", steps.name, call.pk)
    essential = {name: columns[name] for name in ESSENTIAL if name in columns}
    with journal.moved_to_storage(call) as stored:
        answer = replace(answer, usage_characters=None)
        return _write_answer(steps, call, answer, essential | stored)


def _write_answer(
    steps: Steps[Any, Any, Any], call: PaidCall, answer: Any, columns: dict[str, Any]
) -> bool:
    with transaction.atomic():
        recorded = steps.record_answer(call, answer, columns)
        if recorded:
            characters = answer.usage_characters
            record_call(call, "ready", status_code=answer.status_code, characters=characters)
        else:
            transaction.set_rollback(True)
    return recorded


def _keep_late_answer(call: PaidCall | None, entry: journal.Entry) -> None:
    """Attach the answer to a call that does not wait for it any more."""
    if call is None or call.status in (
        CallStatus.WAITING,
        CallStatus.SENDING,
        call.IN_FLIGHT_STATUS,
    ):
        # An earlier "slow down", most likely. The row has one place, for the answer still to come.
        entry.set_aside()
        return
    call.claim = entry.claim
    with journal.moved_to_storage(call) as stored:
        if not stored:
            return
        if call.is_ready and call.audio_trouble == "lost" and not call.audio_url:
            stored |= {"audio_trouble": "not_stored"} if call.RATE_LIMIT == CallKind.SPEECH else {}
        type(call)._default_manager.filter(pk=call.pk).update(**stored)
    entry.remove()


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


def _record_error(steps: Steps[Any, Any, Any], call: PaidCall, error: MiniMaxError) -> bool:
    """Wait, end, or call it unknown: the one place that turns provider errors into states.

    False if the claim is lost.
    """
    was_sent = call.status == call.IN_FLIGHT_STATUS
    if retries.may_retry(call, error, was_sent=was_sent):
        try:
            with transaction.atomic():
                waits = retries.schedule_retry(call, error, steps.job, was_sent=was_sent)
                if waits:
                    steps.record_not_done(call)
        except IntegrityError:
            # Another call took its place while its outcome was unknown, so that it ends here.
            logger.warning("%s %s is not repeated.", call._meta.model_name, call.pk, exc_info=True)
        else:
            return waits
    columns = retries.final_columns(call, error, was_sent=was_sent)
    needs_file = was_sent and not error.raw_is_whole
    with journal.moved_to_storage(call, if_needed=needs_file) as stored, transaction.atomic():
        recorded = call.advance(**(columns | stored))
        if recorded and columns["status"] == CallStatus.UNKNOWN:
            steps.record_unknown(call)
        elif recorded:
            steps.record_not_done(call)
        if recorded:
            _record_outcome(call, columns)
            steps.after_error(call, error)
    return recorded


def _record_failure(steps: Steps[Any, Any, Any], call: PaidCall, trouble: Trouble) -> None:
    """Record a failure on our side: failed before the request was sent, unknown after it."""
    was_sent = call.status == call.IN_FLIGHT_STATUS
    with transaction.atomic():
        recorded = call.advance(
            held_as=(CallStatus.SENDING, call.IN_FLIGHT_STATUS),
            status=CallStatus.UNKNOWN if was_sent else CallStatus.FAILED,
            finished_at=timezone.now(),
            lease_until=None,
            trouble=trouble,
            calls=call.calls,
        )
        if recorded:
            _record_outcome(call, {"status": call.status, "trouble": trouble})
        if recorded and was_sent:
            steps.record_unknown(call)


def _record_outcome(call: PaidCall, columns: dict[str, Any]) -> None:
    """Tell the audit trail how the call has ended, if not with a yes."""
    step = "unknown" if columns["status"] == CallStatus.UNKNOWN else "failed"
    status, code = str(columns["status"]), columns.get("status_code")
    reason = str(columns["trouble"]) or status
    record_call(call, step, state=status, reason=reason, status_code=code)
