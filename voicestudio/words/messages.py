"""Words, message: the shape of a message, and what a person can do next."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise


class NextStep(StrEnum):
    """What a person can do next; templates turn each into a button or a link."""

    LISTEN = "listen"
    CHECK_RECORDING = "check_recording"
    OTHER_RECORDING = "other_recording"
    TRIM = "trim"
    TRIM_CLIP = "trim_clip"
    CHANGE_TEXT = "change_text"
    CHANGE_VOICE_ID = "change_voice_id"
    TRY_AGAIN = "try_again"
    TELL_ADMINISTRATOR = "tell_administrator"
    COPY_DETAILS = "copy_details"
    WAIT = "wait"
    FIND_OUT = "find_out"


@dataclass(frozen=True)
class Message:
    """One message: what happened and whose rule it is (`headline`), what to do (`next_step`)."""

    headline: str | Promise
    next_step: str | Promise
    actions: tuple[NextStep, ...] = ()
