"""MiniMax: the HTTP client of the provider; requests, answers and errors."""

from .client import Client
from .clones import CloneAnswer, CloneRequest, parse_clone
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
from .response import HttpResponse
from .speech import SpeechAnswer, SpeechRequest, parse_speech
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
    "HttpResponse",
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
    "parse_clone",
    "parse_speech",
]
