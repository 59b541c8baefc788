"""Speaking: from a text to what is heard, by the same three rules as cloning."""

from .asking import ask, price, try_again
from .fetching import fetch_again, fetch_audio
from .orders import FORMATS, LONGEST_TEXT, SpeechOrder, SpeechRefused, SpeechTooDear, VoiceSilent
from .running import run, run_speech
from .settling import settle
from .wording import saying

__all__ = [
    "FORMATS",
    "LONGEST_TEXT",
    "SpeechOrder",
    "SpeechRefused",
    "SpeechTooDear",
    "VoiceSilent",
    "ask",
    "fetch_again",
    "fetch_audio",
    "price",
    "run",
    "run_speech",
    "saying",
    "settle",
    "try_again",
]
