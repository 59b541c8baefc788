"""Messages: what staff read about a paid call that has not gone well."""

from voicestudio import words
from voicestudio.models import CallStatus, PaidCall, Speech
from voicestudio.words import Message, Trouble


def message_for(call: PaidCall, *, interrupted: Message, unknown: Message) -> Message | None:
    """What there is to say about this call; None if all is well.

    `interrupted` and `unknown` are the kind's own messages for these two states.
    """
    state = call.state
    if state == CallStatus.WAITING:
        if call.retry_at is None:
            return words.STALLED if call.is_stalled else None
        return words.TROUBLES.get(call.trouble)
    if state == CallStatus.INTERRUPTED:
        return words.TROUBLES[call.trouble] if call.trouble == Trouble.RESTORED else interrupted
    if state == CallStatus.UNKNOWN:
        return unknown
    if state not in (CallStatus.STOPPED, CallStatus.FAILED):
        return None
    if call.trouble in words.PRECISE_TROUBLES:
        return words.TROUBLES[call.trouble]
    if call.status_code:
        return words.message_for_code(call.status_code, speech=isinstance(call, Speech))
    if call.trouble == Trouble.REFUSED:
        return words.message_for_http_status(call.http_status)
    return words.TROUBLES.get(call.trouble, words.UNKNOWN_CODE)
