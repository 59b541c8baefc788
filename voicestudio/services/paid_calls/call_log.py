"""Call log: every HTTP call made for a paid call is entered into its row, whatever came back."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from voicestudio import words
from voicestudio.minimax import AnswerTimeout, MiniMaxError, NoAnswer, NotSent, Reason, Refused
from voicestudio.models import PaidCall, clock
from voicestudio.words import Message, Trouble

# What a gateway, or the text of an answer, says more precisely than its code or HTTP status.
_REFUSALS: Final = {
    Reason.RATE_LIMIT: Trouble.RATE_LIMIT,
    Reason.BALANCE: Trouble.NO_CREDIT,
    Reason.PLAN: Trouble.NOT_IN_PLAN,
    Reason.UNSUPPORTED: Trouble.NOT_OFFERED,
    Reason.NOT_FOUND: Trouble.FILE_UNKNOWN,
}
# A call that is told to slow down again and again keeps its newest entries.
MAX_ENTRIES: Final = 100


def logged_call[Answer](row: PaidCall, name: str, call: Callable[[], Answer]) -> Answer:
    """Return the answer of `call`; its time, status and trace id are added to `row.calls`.

    The list is saved with the next change of the row. Errors pass through.
    """
    entry: dict[str, Any] = {"call": name, "at": clock.now().isoformat()}
    began = monotonic()
    try:
        answer = call()
    except MiniMaxError as error:
        entry |= {
            "http_status": error.http_status,
            "status_code": error.status_code,
            "trace_id": error.trace_id,
            "trouble": trouble_of(error),
        }
        raise
    else:
        entry |= {
            "http_status": getattr(answer, "http_status", None),
            "status_code": getattr(answer, "status_code", 0),
            "trace_id": getattr(answer, "trace_id", ""),
        }
        return answer
    finally:
        entry["ms"] = round((monotonic() - began) * 1000)
        row.calls = [*row.calls, entry][-MAX_ENTRIES:]


def trouble_of(error: MiniMaxError) -> Trouble:
    """Which member of the error family it is, as the row stores it."""
    match error:
        case NotSent():
            return Trouble.NEVER_SENT
        case AnswerTimeout():
            return Trouble.TOO_LATE
        case NoAnswer():
            return Trouble.UNANSWERED
        case Refused():
            precise = error.denied or error.retryable
            return _REFUSALS.get(error.reason, Trouble.REFUSED) if precise else Trouble.REFUSED
    return Trouble.NONSENSE


def message_for_free_call(error: MiniMaxError) -> Message:
    """What staff read when a call that costs nothing has failed."""
    return words.message_for_free_call(trouble_of(error), error.status_code, error.http_status)
