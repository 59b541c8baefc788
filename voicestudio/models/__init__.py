"""Models: columns, constraints, states and querysets; no HTTP, no forms, no provider."""

from .attempts import CloneAttempt
from .calls import PaidCall
from .charges import Allowance, Charge, What, month_of
from .events import Event, Happened, Reminder
from .rates import Kind, Rate
from .recordings import AudioFile, Origin, Purpose, Verdict
from .search import LARGEST_ID
from .speakers import Speaker
from .speeches import Format, Speech, SpeechPurpose, SpeechState
from .states import State
from .voices import Source, Tag, Voice, VoiceState
from .workers import Worker

__all__ = [
    "LARGEST_ID",
    "Allowance",
    "AudioFile",
    "Charge",
    "CloneAttempt",
    "Event",
    "Format",
    "Happened",
    "Kind",
    "Origin",
    "PaidCall",
    "Purpose",
    "Rate",
    "Reminder",
    "Source",
    "Speaker",
    "Speech",
    "SpeechPurpose",
    "SpeechState",
    "State",
    "Tag",
    "Verdict",
    "Voice",
    "VoiceState",
    "What",
    "Worker",
    "month_of",
]
