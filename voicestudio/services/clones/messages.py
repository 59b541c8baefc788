"""Wording: which sentence there is to say about an attempt."""

from voicestudio import words
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.words import Message, Trouble


def message(attempt: CloneAttempt) -> Message | None:
    """What there is to tell about this attempt; None if all is well."""
    match attempt.state:
        case (
            AttemptState.READY | AttemptState.FLAGGED | AttemptState.SENDING | AttemptState.CLONING
        ):
            return None
        case AttemptState.WAITING:
            return words.TROUBLES.get(attempt.trouble) if attempt.retry_at else None
        case AttemptState.INTERRUPTED:
            return words.TROUBLES[Trouble.INTERRUPTED]
        case AttemptState.UNKNOWN:
            slow = attempt.trouble == Trouble.TOO_LATE or attempt.status_code == 1001
            return words.message_for_code(1001) if slow else words.OUTCOME_UNKNOWN
    if attempt.status_code:
        return words.message_for_code(attempt.status_code)
    if attempt.trouble == Trouble.REFUSED:
        return words.message_for_http_status(attempt.http_status)
    return words.TROUBLES.get(attempt.trouble, words.UNKNOWN_CODE)
