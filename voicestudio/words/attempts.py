"""Words, attempts: why something did not go well where no code tells it, and what was flagged."""

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .codes import ADMINISTRATOR, CODES, SLOW_DOWN, UNKNOWN_CODE
from .messages import Message, NextStep


class Trouble(StrEnum):
    """Why an attempt did not go well, where no provider code tells it."""

    NEVER_SENT = "never_sent"
    UNANSWERED = "unanswered"
    TOO_LATE = "too_late"
    NONSENSE = "nonsense"
    REFUSED = "refused"
    OURS = "ours"
    RECORDING_GONE = "recording_gone"
    INTERRUPTED = "interrupted"
    GAVE_UP = "gave_up"
    RATE_LIMIT = "rate_limit"
    IN_LINE = "in_line"
    OVER_LIMIT = "over_limit"
    VOICE_GONE = "voice_gone"
    KEPT_ALREADY = "kept_already"
    BY_HAND = "by_hand"


TROUBLES: Final[dict[str, Message]] = {
    Trouble.NEVER_SENT: Message(
        _("We could not reach MiniMax. Nothing was sent."),
        _("We try again by ourselves."),
        (NextStep.WAIT,),
    ),
    Trouble.GAVE_UP: Message(
        _("We could not get through to MiniMax, and have stopped trying."),
        _("No voice was cloned and nothing was charged. Try again later."),
        ADMINISTRATOR,
    ),
    Trouble.UNANSWERED: Message(
        _("The connection to MiniMax broke before an answer came."),
        _("We try again by ourselves."),
        (NextStep.WAIT,),
    ),
    Trouble.TOO_LATE: CODES[1001],
    Trouble.NONSENSE: UNKNOWN_CODE,
    Trouble.REFUSED: UNKNOWN_CODE,
    Trouble.RATE_LIMIT: SLOW_DOWN,
    Trouble.IN_LINE: Message(
        _("MiniMax takes only so many of these a minute."),
        _("This one has its turn soon, by itself."),
        (NextStep.WAIT,),
    ),
    Trouble.OVER_LIMIT: Message(
        _("This month's limit for paid calls is reached. Nothing was sent."),
        _("An administrator can raise it; then try again."),
        ADMINISTRATOR,
    ),
    Trouble.VOICE_GONE: Message(
        _("The voice was no longer there when its turn came. Nothing was sent."),
        _("Rebuild it from the recording."),
    ),
    Trouble.KEPT_ALREADY: Message(
        _("The voice was kept meanwhile. Nothing was sent, nothing has to be paid."),
        _("There is nothing left to do."),
    ),
    Trouble.BY_HAND: Message(
        _("Somebody here has said that this did not work."),
        _("The note beside it tells why."),
        (NextStep.TRY_AGAIN,),
    ),
    Trouble.OURS: Message(
        _("Something went wrong on our side before anything was sent to be cloned."),
        _("Nothing was charged. Try again, or copy the details for support."),
        (NextStep.TRY_AGAIN, NextStep.COPY_DETAILS),
    ),
    Trouble.RECORDING_GONE: Message(
        _("Our copy of the recording cannot be read."),
        _("Nothing was sent. Choose the recording again."),
        (NextStep.OTHER_RECORDING,),
    ),
    Trouble.INTERRUPTED: Message(
        _("The studio was stopped while the recording was on its way."),
        _("Nothing was cloned and nothing was charged. Try again."),
        (NextStep.TRY_AGAIN,),
    ),
}

OUTCOME_UNKNOWN: Final = Message(
    _("We do not know whether MiniMax made this voice."),
    _("The request was sent, but no clear answer came back. Nothing was sent twice."),
    (NextStep.FIND_OUT, NextStep.COPY_DETAILS),
)

SPEECH_UNKNOWN: Final = Message(
    _("We do not know whether MiniMax spoke this."),
    _("The request was sent, but no clear answer came back. Nothing was sent twice."),
    (NextStep.COPY_DETAILS,),
)
SPEECH_INTERRUPTED: Final = Message(
    _("The studio was stopped before the text was sent."),
    _("Nothing was spoken and nothing was charged. Try again."),
    (NextStep.TRY_AGAIN,),
)

MODERATION: Final[dict[int, Promise | str]] = {
    1: _("serious violation"),
    2: _("sexual content"),
    3: _("advertising"),
    4: _("prohibited content"),
    5: _("insults or abuse"),
    6: _("violence or terror"),
    7: _("other"),
}
MODERATION_UNEXPLAINED: Final = _("a category that MiniMax does not explain")

AUDIO_TROUBLES: Final[dict[str, Message]] = {
    "unreachable": Message(
        _("The voice is ready, but we could not copy its demo."),
        _("Fetch it again; MiniMax keeps it for about a day."),
    ),
    "too_large": Message(
        _("The voice is ready, but its demo is larger than we store."),
        _("Fetch it again, or clone again with a shorter preview text."),
    ),
    "not_audio": Message(
        _("The voice is ready, but what MiniMax sent as its demo is not audio."),
        _("Fetch it again; if it stays so, copy the details for support."),
    ),
    "forbidden": Message(
        _("The voice is ready, but its demo lies at an address that we do not open."),
        _("Copy the details for support."),
    ),
    "lost": Message(
        _("The voice is ready, but its demo was lost together with MiniMax's answer."),
        _("Let it speak a sentence to hear it."),
    ),
    "deleted": Message(
        _("The audio was deleted here, together with the voice."),
        _("What was done and what it cost stays on record."),
    ),
    "missing": Message(
        _("The voice is ready, but MiniMax sent no demo."),
        _("Clone again with another preview text if you want to hear one."),
    ),
}


def describe_moderation_category(category: int | None) -> str | Promise:
    """MiniMax's moderation category in words."""
    return MODERATION.get(category, MODERATION_UNEXPLAINED) if category else MODERATION_UNEXPLAINED


def message_for_audio_trouble(trouble: str) -> Message:
    """Why there is no demo to hear although the voice is ready."""
    return AUDIO_TROUBLES.get(trouble, AUDIO_TROUBLES["unreachable"])
