"""Words, free calls: why a call that is free and safe to repeat did not succeed."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .codes import CODES, UNKNOWN_CODE, message_for_http_status
from .messages import Message
from .paid_calls import PRECISE_TROUBLES, TROUBLES, Trouble

_UNANSWERED: Final = Message(
    _("MiniMax did not answer in time."), _("Try again. Repeating it is safe.")
)
_MESSAGES: Final = {
    Trouble.NEVER_SENT: Message(
        _("We couldn't reach MiniMax. Nothing was sent."), _("Try again in a minute.")
    ),
    Trouble.UNANSWERED: _UNANSWERED,
    Trouble.TOO_LATE: _UNANSWERED,
    Trouble.RATE_LIMIT: Message(_("MiniMax asks us to slow down."), _("Try again in a minute.")),
}
_TIMED_OUT: Final = 1001


def message_for_free_call(trouble: str, code: int | None, http_status: int | None) -> Message:
    """The message for a free call that failed; it is not repeated automatically."""
    if trouble in _MESSAGES:
        return _MESSAGES[Trouble(trouble)]
    if trouble in PRECISE_TROUBLES:
        return TROUBLES[trouble]
    if code == _TIMED_OUT:
        return _UNANSWERED
    if code:
        return CODES.get(code, UNKNOWN_CODE)
    return message_for_http_status(http_status)
