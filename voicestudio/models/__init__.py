"""Models: columns, constraints, states and querysets; no HTTP, no forms, no provider."""

from .attempts import CloneAttempt
from .recordings import AudioFile, Origin, Purpose, Verdict
from .speakers import Speaker
from .states import State
from .voices import Voice
from .workers import Worker

__all__ = [
    "AudioFile",
    "CloneAttempt",
    "Origin",
    "Purpose",
    "Speaker",
    "State",
    "Verdict",
    "Voice",
    "Worker",
]
