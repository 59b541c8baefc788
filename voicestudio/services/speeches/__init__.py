"""Speaking: from a text to what is heard, by the same three rules as cloning."""

from .audio_download import fetch_again, fetch_audio
from .messages import message
from .orders import SpeechOrder, SpeechRefused, SpeechTooDear, VoiceSilent
from .reconcile import settle
from .steps import run, run_speech
from .submission import ask, price, try_again

__all__ = [
    "SpeechOrder",
    "SpeechRefused",
    "SpeechTooDear",
    "VoiceSilent",
    "ask",
    "fetch_again",
    "fetch_audio",
    "message",
    "price",
    "run",
    "run_speech",
    "settle",
    "try_again",
]
