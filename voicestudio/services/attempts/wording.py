"""Wording: which sentence there is to say about an attempt."""

from voicestudio import words
from voicestudio.models import CloneAttempt, State
from voicestudio.words import Saying, Trouble


def saying(attempt: CloneAttempt) -> Saying | None:
    """What there is to tell about this attempt; None if all is well."""
    match attempt.state:
        case State.READY | State.FLAGGED | State.SENDING | State.CLONING:
            return None
        case State.WAITING:
            return words.TROUBLES.get(attempt.trouble) if attempt.retry_at else None
        case State.INTERRUPTED:
            return words.TROUBLES[Trouble.INTERRUPTED]
        case State.UNKNOWN:
            slow = attempt.trouble == Trouble.TOO_LATE or attempt.status_code == 1001
            return words.of_code(1001) if slow else words.OUTCOME_UNKNOWN
    if attempt.status_code:
        return words.of_code(attempt.status_code)
    if attempt.trouble == Trouble.REFUSED:
        return words.of_http(attempt.http_status)
    return words.TROUBLES.get(attempt.trouble, words.UNSEEN)
