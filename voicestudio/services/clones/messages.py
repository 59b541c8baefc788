"""Messages: what staff read about a clone attempt."""

from voicestudio import words
from voicestudio.models import CloneAttempt
from voicestudio.services.paid_calls import messages
from voicestudio.words import Message, Trouble

# Source: provider.md, "Codes": a time-out at the provider.
TIMEOUT_CODE = 1001


def message_for(attempt: CloneAttempt) -> Message | None:
    """What there is to say about this attempt; None if all is well."""
    timed_out = attempt.trouble == Trouble.TOO_LATE or attempt.status_code == TIMEOUT_CODE
    return messages.message_for(
        attempt,
        interrupted=words.TROUBLES[Trouble.INTERRUPTED],
        unknown=words.message_for_code(TIMEOUT_CODE) if timed_out else words.OUTCOME_UNKNOWN,
    )
