"""Late answers: records those in the journal, whose rows could not be written when they came."""

import logging
from typing import Any

from voicestudio.minimax import MiniMaxError
from voicestudio.models import CallKind, CallStatus, PaidCall

from . import journal
from .results import finish_journal, record_answer, record_error
from .steps import Steps

logger = logging.getLogger(__name__)


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
            recorded = record_error(steps, call, error)
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
