"""Words: every sentence that follows from a code or a state, one module for each kind."""

from .attempts import PERMISSION_WORDING
from .audio import (
    describe_passage,
    file_size,
    group_digits,
    in_unit,
    message_for_audio_problem,
    seconds,
    size,
)
from .codes import CODES, SPEECH_CODES, UNKNOWN_CODE, message_for_code, message_for_http_status
from .costs import message_for_limit, money
from .findings import FINDINGS, describe_finding, describe_verdict
from .free_calls import message_for_free_call
from .messages import Message, NextStep
from .paid_calls import (
    AUDIO_TROUBLES,
    OUTCOME_UNKNOWN,
    PRECISE_TROUBLES,
    SPEECH_AUDIO_TROUBLES,
    SPEECH_INTERRUPTED,
    SPEECH_UNKNOWN,
    STALLED,
    TROUBLES,
    Trouble,
    describe_moderation_category,
    message_for_audio_trouble,
)

__all__ = [
    "AUDIO_TROUBLES",
    "CODES",
    "FINDINGS",
    "OUTCOME_UNKNOWN",
    "PERMISSION_WORDING",
    "PRECISE_TROUBLES",
    "SPEECH_AUDIO_TROUBLES",
    "SPEECH_CODES",
    "SPEECH_INTERRUPTED",
    "SPEECH_UNKNOWN",
    "STALLED",
    "TROUBLES",
    "UNKNOWN_CODE",
    "Message",
    "NextStep",
    "Trouble",
    "describe_finding",
    "describe_moderation_category",
    "describe_passage",
    "describe_verdict",
    "file_size",
    "group_digits",
    "in_unit",
    "message_for_audio_problem",
    "message_for_audio_trouble",
    "message_for_code",
    "message_for_free_call",
    "message_for_http_status",
    "message_for_limit",
    "money",
    "seconds",
    "size",
]
