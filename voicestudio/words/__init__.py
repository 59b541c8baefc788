"""Words: every sentence that staff read because of a code, one table for each kind of code."""

from .attempts import (
    AUDIO_TROUBLES,
    MODERATION,
    MODERATION_UNEXPLAINED,
    OUTCOME_UNKNOWN,
    SPEECH_INTERRUPTED,
    SPEECH_UNKNOWN,
    TROUBLES,
    Trouble,
    describe_moderation_category,
    message_for_audio_trouble,
)
from .audio import PASSAGES, describe_passage, message_for_audio_problem, seconds, size
from .codes import CODES, UNKNOWN_CODE, message_for_code, message_for_http_status
from .findings import FINDINGS, VERDICTS, Diagnosis, describe_finding, describe_verdict
from .free_calls import message_for_free_call
from .messages import Message, NextStep

__all__ = [
    "AUDIO_TROUBLES",
    "CODES",
    "FINDINGS",
    "MODERATION",
    "MODERATION_UNEXPLAINED",
    "OUTCOME_UNKNOWN",
    "PASSAGES",
    "SPEECH_INTERRUPTED",
    "SPEECH_UNKNOWN",
    "TROUBLES",
    "UNKNOWN_CODE",
    "VERDICTS",
    "Diagnosis",
    "Message",
    "NextStep",
    "Trouble",
    "describe_finding",
    "describe_moderation_category",
    "describe_passage",
    "describe_verdict",
    "message_for_audio_problem",
    "message_for_audio_trouble",
    "message_for_code",
    "message_for_free_call",
    "message_for_http_status",
    "seconds",
    "size",
]
