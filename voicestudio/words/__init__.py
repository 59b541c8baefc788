"""Words: every sentence that staff read because of a code, one table for each kind of code."""

from .attempts import (
    DEMO_TROUBLES,
    MODERATION,
    MODERATION_UNEXPLAINED,
    OUTCOME_UNKNOWN,
    SPEECH_INTERRUPTED,
    SPEECH_UNKNOWN,
    TROUBLES,
    Trouble,
    of_category,
    of_demo,
)
from .audio import PASSAGES, of_audio, of_passage, seconds, size
from .codes import CODES, UNSEEN, of_code, of_http
from .findings import FINDINGS, VERDICTS, Diagnosis, of_finding, of_verdict
from .free_calls import of_free_call
from .saying import Offer, Saying

__all__ = [
    "CODES",
    "DEMO_TROUBLES",
    "FINDINGS",
    "MODERATION",
    "MODERATION_UNEXPLAINED",
    "OUTCOME_UNKNOWN",
    "PASSAGES",
    "SPEECH_INTERRUPTED",
    "SPEECH_UNKNOWN",
    "TROUBLES",
    "UNSEEN",
    "VERDICTS",
    "Diagnosis",
    "Offer",
    "Saying",
    "Trouble",
    "of_audio",
    "of_category",
    "of_code",
    "of_demo",
    "of_finding",
    "of_free_call",
    "of_http",
    "of_passage",
    "of_verdict",
    "seconds",
    "size",
]
