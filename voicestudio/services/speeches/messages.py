"""Wording: which sentence there is to say about a speech."""

from voicestudio import words
from voicestudio.models import Speech, SpeechState
from voicestudio.words import Message, Trouble


def message(speech: Speech) -> Message | None:
    """What there is to tell about this speech; None if all is well."""
    match speech.state:
        case SpeechState.READY | SpeechState.SENDING | SpeechState.SPEAKING:
            return None
        case SpeechState.WAITING:
            return words.TROUBLES.get(speech.trouble) if speech.retry_at else None
        case SpeechState.INTERRUPTED:
            return words.SPEECH_INTERRUPTED
        case SpeechState.UNKNOWN:
            return words.SPEECH_UNKNOWN
    if speech.status_code:
        return words.message_for_code(speech.status_code)
    if speech.trouble == Trouble.REFUSED:
        return words.message_for_http_status(speech.http_status)
    return words.TROUBLES.get(speech.trouble, words.UNKNOWN_CODE)
