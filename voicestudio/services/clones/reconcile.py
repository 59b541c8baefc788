"""Reconcile: find out the outcome of an attempt whose answer was lost. Only a person starts it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.tasks import task

from voicestudio.minimax import MiniMaxError, Reason, Refused
from voicestudio.models import Action, AttemptState, CloneAttempt, Studio, Verb, clock
from voicestudio.services.audit import record, record_call
from voicestudio.services.log_context import log_call
from voicestudio.services.money import limits
from voicestudio.services.money.prices import price_of
from voicestudio.services.paid_calls import (
    call_log,
    journal,
    late_answers,
    leases,
    rate_limit,
    results,
)
from voicestudio.services.permissions import require
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

from .steps import STEPS, send_clone, sent_request

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def request_check(attempt: CloneAttempt, *, by: "User") -> bool:
    """Let the worker ask MiniMax; False if there is no question, or if it is asked already.

    Nor is it asked while the studio is held, because the question may clone the voice, or if the
    attempt went to another account, which this one knows nothing of.
    The worker repeats the request with the same voice ID. "Taken" means that the first request
    succeeded. Success means that it had not, and that the voice exists now. Any other answer leaves
    the outcome unknown. Raises `LimitReached`.
    """
    require(by, Action.SETTLE, attempt.project_id)
    bookkeeping.settle_lapsed()
    limits.check_budget(price_of(attempt), project=attempt.project_id)
    idle = Q(lease_until__isnull=True) | Q(lease_until__lt=clock.now())
    unknown = CloneAttempt.objects.filter(
        idle, pk=attempt.pk, status=AttemptState.UNKNOWN, provider=settings.MINIMAX_PROVIDER
    )
    with transaction.atomic():
        accepted = unknown.exclude(Studio.is_held()).update(
            claim=None, lease_until=leases.lease_end(), enqueued_at=clock.now()
        )
        if accepted:
            record(Verb.CLONE_CHECKED, by=by, on=attempt)
            check_with_provider.enqueue(attempt.pk)
    return bool(accepted)


def settle_by_hand(attempt: CloneAttempt, *, worked: bool, note: str, by: "User") -> bool:
    """Record what a person knows from elsewhere; False if the outcome is not unknown any more."""
    require(by, Action.SETTLE, attempt.project_id)
    bookkeeping.settle_lapsed()
    with transaction.atomic():
        rows = CloneAttempt.objects.filter(pk=attempt.pk, status=AttemptState.UNKNOWN)
        locked = rows.select_for_update(of=("self",)).select_related("speaker").first()
        if locked is None:
            return False
        # A worker that is asking MiniMax at this moment must not write its answer any more.
        rows.update(claim=None, lease_until=None)
        locked.claim = None
        _settle(locked, worked=worked, trouble="" if worked else Trouble.BY_HAND)
        record(Verb.CLONE_SETTLED, by=by, on=locked, note=note.strip(), worked=worked)
    return True


@task()
def check_with_provider(pk: int) -> None:
    """Send the same request once more, because a person has asked for it, and record the result."""
    with log_call("cloneattempt", pk), leases.hold() as claim:
        rows = CloneAttempt.objects.filter(pk=pk, status=AttemptState.UNKNOWN, claim__isnull=True)
        rows = rows.filter(provider=settings.MINIMAX_PROVIDER).exclude(Studio.is_held())
        if not rows.update(claim=claim, worker=leases.worker, lease_until=leases.lease_end()):
            return
        attempt = CloneAttempt.objects.for_worker().get(pk=pk)
        if not _has_slot(attempt):
            return
        try:
            keep = partial(journal.write, attempt, is_check=True)
            answer = call_log.logged_call(
                attempt, STEPS.name, lambda: send_clone(attempt, sent_request(attempt), keep)
            )
        except MiniMaxError as error:
            recorded = _record_error(attempt, error)
        else:
            recorded = results.record_answer(STEPS, attempt, answer)
        if recorded:
            results.finish_journal(attempt, claim)


def record_from_journal(entry: journal.Entry) -> None:
    """Record an answer to a clone request that could not be written when it came."""
    attempt = CloneAttempt.objects.for_worker().filter(pk=entry.pk, claim=entry.claim).first()
    if not entry.is_check or attempt is None or attempt.status != AttemptState.UNKNOWN:
        late_answers.record_from_journal(STEPS, entry)
        return
    try:
        answer = STEPS.parse(attempt, entry.response)
    except MiniMaxError as error:
        recorded = _record_error(attempt, error)
    else:
        recorded = results.record_answer(STEPS, attempt, answer)
    if recorded:
        results.finish_journal(attempt, entry.claim)


def _has_slot(attempt: CloneAttempt) -> bool:
    """Whether the question may be sent now; else it waits for its slot like any clone call."""
    with transaction.atomic():
        # While it waits, `slot_at` still tells when the first request was sent.
        attempt.slot_at = attempt.retry_at
        slot = rate_limit.reserve_slot(attempt)
        columns: dict[str, Any] = {"slot_at": slot.at, "retry_at": None}
        if not slot.granted:
            columns = {"claim": None, "retry_at": slot.at, "lease_until": slot.at}
            check_with_provider.using(run_after=slot.at).enqueue(attempt.pk)
        held = attempt.advance(held_as=(AttemptState.UNKNOWN,), **columns)
    return held and slot.granted


def _record_error(attempt: CloneAttempt, error: MiniMaxError) -> bool:
    """Taken: the first request succeeded. Any other error says nothing about it.

    False if the claim is lost.
    """
    if isinstance(error, Refused) and error.retryable:
        rate_limit.slow_down(attempt, code=error.status_code, retry_after=error.retry_after)
    columns = {"calls": attempt.calls, "lease_until": None}
    has_place = not attempt.answer_text and not attempt.answer_file
    if error.outcome_unknown and has_place:
        columns["answer_text"] = error.raw
    elif error.outcome_unknown and error.raw and (entry := journal.read(attempt)):
        entry.set_aside()  # it may have been paid for
    needs_file = error.outcome_unknown and has_place and not error.raw_is_whole
    with journal.moved_to_storage(attempt, if_needed=needs_file) as stored, transaction.atomic():
        if not attempt.advance(held_as=(AttemptState.UNKNOWN,), **(columns | stored)):
            return False
        if isinstance(error, Refused) and error.reason is Reason.TAKEN:
            _settle(attempt, worked=True, trouble="")
            record_call(attempt, "ready", late=True)
            return True
        record_call(attempt, "unknown", again=True)
        if error.outcome_unknown:
            bookkeeping.renew_uncertain_voice(attempt)
    return True


def _settle(attempt: CloneAttempt, *, worked: bool, trouble: str) -> None:
    """End the attempt: ready without a preview, or failed. The caller holds the row."""
    columns: dict[str, Any] = {
        "status": AttemptState.FAILED,
        "trouble": trouble,
        "finished_at": clock.now(),
        "lease_until": None,
    }
    if worked:
        columns["status"] = AttemptState.READY
        columns["cloned_voice"] = bookkeeping.confirm_late(attempt)
        columns["audio_trouble"] = "lost" if attempt.preview_text else ""
    CloneAttempt.objects.filter(pk=attempt.pk).update(**columns)
    for field, value in columns.items():
        setattr(attempt, field, value)
    if not worked:
        bookkeeping.discard_voice(attempt)
