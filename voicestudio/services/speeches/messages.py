"""Messages: what staff read about a speech."""

from voicestudio import words
from voicestudio.models import Speech
from voicestudio.services.paid_calls import messages
from voicestudio.words import Message


def message_for(speech: Speech) -> Message | None:
    """What there is to say about this speech; None if all is well."""
    return messages.message_for(
        speech, interrupted=words.SPEECH_INTERRUPTED, unknown=words.SPEECH_UNKNOWN
    )
