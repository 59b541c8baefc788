"""Words, paid calls: failures without a status code, moderation, and missing audio."""

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .codes import CODES, NOT_OFFERED, SLOW_DOWN, UNKNOWN_CODE
from .messages import Message, NextStep


class Trouble(StrEnum):
    """Why a paid call did not succeed, where MiniMax gave no status code."""

    NEVER_SENT = "never_sent"
    UNANSWERED = "unanswered"
    TOO_LATE = "too_late"
    NONSENSE = "nonsense"
    REFUSED = "refused"
    NO_CREDIT = "no_credit"
    NOT_IN_PLAN = "not_in_plan"
    NOT_OFFERED = "not_offered"
    FILE_UNKNOWN = "file_unknown"
    OURS = "ours"
    RECORDING_GONE = "recording_gone"
    STORAGE_AWAY = "storage_away"
    OTHER_ACCOUNT = "other_account"
    INTERRUPTED = "interrupted"
    GAVE_UP = "gave_up"
    RATE_LIMIT = "rate_limit"
    IN_LINE = "in_line"
    OVER_LIMIT = "over_limit"
    OVER_MONTH = "over_month"  # of the project's budget, as the next one
    OVER_TOTAL = "over_total"
    DISK_FULL = "disk_full"
    VOICE_GONE = "voice_gone"
    KEPT_ALREADY = "kept_already"
    BY_HAND = "by_hand"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"


SENT_BY_ANOTHER_PERSON: Final = Message(
    _("Another person has sent this form before."), _("Check it and press the button again.")
)
SENT_WITH_OTHER_CONTENT: Final = Message(
    _("This form was already sent, with other content."),
    _("Choose whether you want both, or only the first."),
)
TROUBLES: Final[dict[str, Message]] = {
    Trouble.NEVER_SENT: Message(
        _("We couldn't reach MiniMax. Nothing was sent."), _("We'll try again automatically.")
    ),
    Trouble.GAVE_UP: Message(
        _("We couldn't reach MiniMax and stopped trying."),
        _("Nothing was done or charged. Try again later."),
        NextStep.TRY_AGAIN,
    ),
    Trouble.UNANSWERED: Message(
        _("The connection to MiniMax was lost before an answer came."),
        _("We'll try again automatically."),
    ),
    Trouble.TOO_LATE: CODES[1001],
    Trouble.NONSENSE: UNKNOWN_CODE,
    Trouble.REFUSED: UNKNOWN_CODE,
    Trouble.RATE_LIMIT: SLOW_DOWN,
    Trouble.NO_CREDIT: CODES[1008],
    Trouble.NOT_IN_PLAN: CODES[2061],
    Trouble.NOT_OFFERED: NOT_OFFERED,
    Trouble.FILE_UNKNOWN: Message(
        _("MiniMax doesn't recognize this recording."),
        _("Try again to upload our copy once more."),
        NextStep.TRY_AGAIN,
    ),
    Trouble.IN_LINE: Message(
        _("MiniMax limits how many requests we can send per minute."),
        _("This one will start soon."),
    ),
    Trouble.OVER_LIMIT: Message(
        _("This would have cost more than was left of this month's limit. Nothing was sent."),
        _("An administrator can raise the limit. Then try again."),
        NextStep.TRY_AGAIN,
        administrator_step=_("Raise the limit, then try again."),
        names_step=_("An administrator can raise the limit: %(names)s. Then try again."),
        offers_limit=True,
    ),
    Trouble.OVER_MONTH: Message(
        _(
            "This would have cost more than was left of the project's budget for the month. "
            "Nothing was sent."
        ),
        _("An administrator can raise the budget. Then try again."),
        NextStep.TRY_AGAIN,
        administrator_step=_("Raise the budget of the project, then try again."),
        names_step=_("An administrator can raise the budget: %(names)s. Then try again."),
    ),
    Trouble.OVER_TOTAL: Message(
        _(
            "This would have cost more than was left of the project's total budget. "
            "Nothing was sent."
        ),
        _("An administrator can raise the budget. Then try again."),
        NextStep.TRY_AGAIN,
        administrator_step=_("Raise the budget of the project, then try again."),
        names_step=_("An administrator can raise the budget: %(names)s. Then try again."),
    ),
    Trouble.DISK_FULL: Message(
        _("The studio's disk is nearly full. Nothing was sent or charged."),
        _("Tell an administrator, then try again."),
        NextStep.TRY_AGAIN,
        administrator_step=_("Make room on the disk of the data folder, then try again."),
    ),
    Trouble.VOICE_GONE: Message(
        _("The voice no longer exists. Nothing was sent."), _("Rebuild it from the recording.")
    ),
    Trouble.KEPT_ALREADY: Message(
        _("The voice has already been kept. Nothing was sent or charged."),
        _("There's nothing left to do."),
    ),
    Trouble.BY_HAND: Message(
        _("Someone in your team marked this as failed."),
        _("Their note says why."),
        NextStep.TRY_AGAIN,
    ),
    Trouble.OURS: Message(
        _("Something went wrong in the studio before the request was sent."),
        _("Nothing was charged. Try again, or copy the details for support."),
        NextStep.TRY_AGAIN,
    ),
    Trouble.RECORDING_GONE: Message(
        _("Our copy of the recording can't be read."),
        _("Nothing was sent."),
        NextStep.OTHER_RECORDING,
    ),
    Trouble.STORAGE_AWAY: Message(
        _("The studio's file storage didn't give us the recording."),
        _("Nothing was sent or charged. Try again. If it keeps happening, tell an administrator."),
        NextStep.TRY_AGAIN,
        administrator_step=_(
            "Nothing was sent or charged. The log says what the storage answered. Then try again."
        ),
    ),
    Trouble.OTHER_ACCOUNT: Message(
        _("This was requested in practice mode or for another MiniMax account. It was not sent."),
        _("Nothing was charged. If it is still needed, request it again."),
        NextStep.TRY_AGAIN,
    ),
    Trouble.RESTORED: Message(
        _("The studio was restored from a backup while this waited to be sent."),
        _("It may have been sent after the backup was made. Start it again only if it wasn't."),
    ),
    Trouble.WITHDRAWN: Message(
        _("An administrator withdrew this after the studio was restored from a backup."),
        _("The studio didn't send it. If it is still needed, request it again."),
    ),
    Trouble.INTERRUPTED: Message(
        _("The studio was stopped during the upload."),
        _("Nothing was cloned or charged."),
        NextStep.TRY_AGAIN,
    ),
}

# Reasons that say more than the status code beside them.
PRECISE_TROUBLES: Final = frozenset(
    {Trouble.NO_CREDIT, Trouble.NOT_IN_PLAN, Trouble.NOT_OFFERED, Trouble.FILE_UNKNOWN}
)

OUTCOME_UNKNOWN: Final = Message(
    _("We don't know whether MiniMax cloned this voice."),
    _("The request was sent, but we got no clear answer. Nothing was sent twice."),
    NextStep.FIND_OUT,
)

SPEECH_UNKNOWN: Final = Message(
    _("We don't know whether MiniMax generated this speech."),
    _("The request was sent, but we got no clear answer. Nothing was sent twice."),
)
# It is its turn, but no worker has taken it.
STALLED: Final = Message(
    _("This takes longer to start than it should."),
    _(
        "Nothing is lost or charged. It starts as soon as a worker is free. If it "
        "doesn't start soon, tell an administrator."
    ),
)
SPEECH_INTERRUPTED: Final = Message(
    _("The studio was stopped before the text was sent."),
    _("Nothing was generated or charged. Try again."),
    NextStep.TRY_AGAIN,
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
MODERATION_UNEXPLAINED: Final = _("a category that MiniMax doesn't explain")

_MAKE_ROOM: Final = _("Check the disk of the data folder, then fetch it again.")

AUDIO_TROUBLES: Final[dict[str, Message]] = {
    "unreachable": Message(
        _("The voice is ready, but we couldn't download its preview."),
        _("Download it again. MiniMax keeps it for about a day."),
    ),
    "too_large": Message(
        _("The voice is ready, but its preview is too large to store."),
        _("Download it again, or clone again with a shorter preview text."),
    ),
    "not_audio": Message(
        _("The voice is ready, but the preview from MiniMax isn't audio."),
        _("Download it again. If it keeps happening, copy the details for support."),
    ),
    "forbidden": Message(
        _("The voice is ready, but its preview is at an address we don't allow."),
        _("Copy the details for support."),
    ),
    "lost": Message(
        _("The voice is ready, but its preview was lost with MiniMax's response."),
        _("Generate speech to hear the voice."),
    ),
    "not_stored": Message(
        _("The voice is ready, but we couldn't store its preview."),
        _("Tell an administrator, then fetch it again."),
        administrator_step=_MAKE_ROOM,
    ),
    "deleted": Message(
        _("The audio was deleted together with the voice."),
        _("The request and its cost are still listed."),
    ),
    "missing": Message(
        _("The voice is ready, but MiniMax sent no preview."),
        _("To hear a preview, clone again with another preview text."),
    ),
}


SPEECH_AUDIO_TROUBLES: Final[dict[str, Message]] = {
    "unreachable": Message(
        _("The speech was generated, but we couldn't download its audio."),
        _("Fetch it again. MiniMax keeps it for about a day."),
    ),
    "too_large": Message(
        _("The speech was generated, but its audio is too large to store."),
        _("Fetch it again, or split the text into shorter parts."),
    ),
    "not_audio": Message(
        _("The speech was generated, but what MiniMax sent isn't audio."),
        _("MiniMax's answer is stored. Copy the details for support."),
    ),
    "not_stored": Message(
        _("The speech was generated, but we couldn't store its audio."),
        _("Tell an administrator, then fetch it again."),
        administrator_step=_MAKE_ROOM,
    ),
    "forbidden": Message(
        _("The speech was generated, but its audio is at an address we don't allow."),
        _("Copy the details for support."),
    ),
    "lost": Message(
        _("The speech was generated, but its audio was lost with MiniMax's response."),
        _("Generate it again if you need it."),
    ),
    "deleted": AUDIO_TROUBLES["deleted"],
    "missing": Message(
        _("The speech was generated, but MiniMax sent no audio."),
        _("Copy the details for support."),
    ),
}


def describe_moderation_category(category: int | None) -> str | Promise:
    """MiniMax's moderation category in words."""
    return MODERATION.get(category, MODERATION_UNEXPLAINED) if category else MODERATION_UNEXPLAINED


def message_for_audio_trouble(trouble: str, *, speech: bool = False) -> Message:
    """Why there is nothing to hear although the voice, or the `speech`, is ready."""
    troubles = SPEECH_AUDIO_TROUBLES if speech else AUDIO_TROUBLES
    return troubles.get(trouble, troubles["unreachable"])
