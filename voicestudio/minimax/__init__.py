"""MiniMax: the HTTP client of the provider; requests, answers and errors."""

from .client import Client
from .clones import CloneAnswer, CloneRequest
from .download import Download
from .errors import (
    AnswerTimeout,
    BlockReason,
    DownloadBlocked,
    InvalidAnswer,
    MiniMaxError,
    NoAnswer,
    NotSent,
    Reason,
    Refused,
)
from .files import FileDeleted, FileList, ListedFile, UploadedFile
from .speech import SpeechAnswer, SpeechRequest
from .voices import ListedVoice, VoiceDeleted, VoiceList

__all__ = [
    "AnswerTimeout",
    "BlockReason",
    "Client",
    "CloneAnswer",
    "CloneRequest",
    "Download",
    "DownloadBlocked",
    "FileDeleted",
    "FileList",
    "InvalidAnswer",
    "ListedFile",
    "ListedVoice",
    "MiniMaxError",
    "NoAnswer",
    "NotSent",
    "Reason",
    "Refused",
    "SpeechAnswer",
    "SpeechRequest",
    "UploadedFile",
    "VoiceDeleted",
    "VoiceList",
]
