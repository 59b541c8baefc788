"""Speeches: from a text to audio. Submission, the steps of the call, reconcile; keep a voice."""

from voicestudio.services.paid_calls.orders import (
    OrderRefused,
    OtherContent,
    OtherPerson,
    OverLimit,
)

from .messages import message_for
from .orders import SpeechOrder, VoiceUnavailable
from .reconcile import settle_by_hand
from .steps import record_from_journal, run_speech
from .submission import retry_interrupted, submit

__all__ = [
    "OrderRefused",
    "OtherContent",
    "OtherPerson",
    "OverLimit",
    "SpeechOrder",
    "VoiceUnavailable",
    "message_for",
    "record_from_journal",
    "retry_interrupted",
    "run_speech",
    "settle_by_hand",
    "submit",
]
