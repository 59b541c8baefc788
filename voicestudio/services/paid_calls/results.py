"""Results: writes what became of a call: a yes, an error of the provider, or a failure of ours.

The only place that turns provider errors into states.
"""

import logging
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from voicestudio.minimax import MiniMaxError
from voicestudio.models import CallStatus, PaidCall, clock
from voicestudio.services import storage
from voicestudio.services.audit import record_call
from voicestudio.words import Trouble

from . import audio_download, journal, leases, rate_limit, retries, waveforms
from .steps import Steps

logger = logging.getLogger(__name__)

# The columns of an answer that are written even if another of them does not fit.
ESSENTIAL: Final = (
    "status", "answered_at", "finished_at", "http_status", "status_code", "trouble", "calls",
    "lease_until", "audio", "audio_url", "audio_trouble", "input_sensitive",
)  # fmt: skip


def record_answer(steps: Steps[Any, Any, Any], call: PaidCall, answer: Any) -> bool:
    """Record a yes in one transaction, then copy and draw its audio; False if the claim is lost."""
    columns = steps.answer_columns(call, answer)
    has_audio = bool(columns.get("audio") or columns.get("audio_url"))
    now = clock.now()
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


def record_error(steps: Steps[Any, Any, Any], call: PaidCall, error: MiniMaxError) -> bool:
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


def record_failure(steps: Steps[Any, Any, Any], call: PaidCall, trouble: Trouble) -> None:
    """Record a failure on our side: failed before the request was sent, unknown after it."""
    was_sent = call.status == call.IN_FLIGHT_STATUS
    with transaction.atomic():
        recorded = call.advance(
            held_as=(CallStatus.SENDING, call.IN_FLIGHT_STATUS),
            status=CallStatus.UNKNOWN if was_sent else CallStatus.FAILED,
            finished_at=clock.now(),
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


def finish_journal(call: PaidCall, claim: UUID) -> None:
    """Remove the answer from the journal once nothing of it would be lost."""
    call.claim = claim  # a call that waits again has lost it, but the file is named after it
    if call.lacks_audio_of_answer and not call.answer_file:
        with journal.moved_to_storage(call) as stored:
            if not stored:
                return
            type(call)._default_manager.filter(pk=call.pk).update(**stored)
    journal.remove(call)
