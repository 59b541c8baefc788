"""Words, free calls: why a call that costs nothing, and may be repeated, did not go well."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .attempts import Trouble
from .codes import CODES, UNKNOWN_CODE, message_for_http_status
from .messages import Message

_UNANSWERED: Final = Message(
    _("MiniMax did not answer in time."), _("Try again; doing it twice does no harm.")
)
_SAID: Final = {
    Trouble.NEVER_SENT: Message(
        _("We could not reach MiniMax. Nothing was sent."), _("Try again in a minute.")
    ),
    Trouble.UNANSWERED: _UNANSWERED,
    Trouble.TOO_LATE: _UNANSWERED,
    Trouble.RATE_LIMIT: Message(_("MiniMax asks us to slow down."), _("Try again in a minute.")),
}
_TIMED_OUT: Final = 1001


def message_for_free_call(trouble: str, code: int | None, http_status: int | None) -> Message:
    """What a person reads of it; nothing is tried again unless they ask."""
    if trouble in _SAID:
        return _SAID[Trouble(trouble)]
    if code == _TIMED_OUT:
        return _UNANSWERED
    if code:
        return CODES.get(code, UNKNOWN_CODE)
    return message_for_http_status(http_status)
