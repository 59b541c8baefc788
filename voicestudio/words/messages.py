"""Words, messages: the shape of a message, and what a person can do next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


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


# The steps that lead to the clone form, filled in with the attempt's answers.
FORM_LINKS: Final[dict[NextStep, str | Promise]] = {
    NextStep.CHANGE_VOICE_ID: _("Choose another voice ID"),
    NextStep.CHANGE_TEXT: _("Change the text"),
    NextStep.CHECK_RECORDING: _("Check the recording"),
    NextStep.TRIM: _("Trim the recording"),
    NextStep.TRIM_CLIP: _("Trim the clip"),
    NextStep.OTHER_RECORDING: _("Choose another recording"),
    NextStep.TRY_AGAIN: _("Try again"),
    NextStep.FIND_OUT: _("Clone with another voice ID"),
}


@dataclass(frozen=True)
class Message:
    """One message: what happened and whose rule it is (`headline`), what to do (`next_step`)."""

    headline: str | Promise
    next_step: str | Promise
    actions: tuple[NextStep, ...] = ()

    def __str__(self) -> str:
        """Both sentences as one text, for a form field or a log."""
        return f"{self.headline} {self.next_step}".strip()
