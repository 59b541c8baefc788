"""MiniMax: the provider on the wire; requests, answers and errors, nothing of ours."""

from .client import Client
from .cloning import CloneAnswer, CloneRequest
from .download import Download
from .errors import (
    DownloadRefused,
    MiniMaxError,
    NeverSent,
    Nonsense,
    Reason,
    Refused,
    TooLate,
    Unanswered,
    Why,
)
from .files import FileDeleted, FileList, ListedFile, Purpose, UploadedFile
from .speech import SpeechAnswer, SpeechRequest
from .voices import ListedVoice, VoiceDeleted, VoiceList

__all__ = [
    "Client",
    "CloneAnswer",
    "CloneRequest",
    "Download",
    "DownloadRefused",
    "FileDeleted",
    "FileList",
    "ListedFile",
    "ListedVoice",
    "MiniMaxError",
    "NeverSent",
    "Nonsense",
    "Purpose",
    "Reason",
    "Refused",
    "SpeechAnswer",
    "SpeechRequest",
    "TooLate",
    "Unanswered",
    "UploadedFile",
    "VoiceDeleted",
    "VoiceList",
    "Why",
]
