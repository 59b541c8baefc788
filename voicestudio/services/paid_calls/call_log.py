"""Calls: every call to the provider is entered into its row's list, whatever came back."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from django.utils import timezone

from voicestudio import words
from voicestudio.minimax import AnswerTimeout, MiniMaxError, NoAnswer, NotSent, Refused
from voicestudio.models import PaidCall
from voicestudio.words import Message, Trouble

# An attempt that is told to slow down over and over keeps its newest calls.
MOST: Final = 100


def logged_call[Answer](row: PaidCall, what: str, call: Callable[[], Answer]) -> Answer:
    """The answer of `call`; its time, status and trace id are added to `row.calls`.

    The list is written with the next change of the row. Errors pass through.
    """
    entry: dict[str, Any] = {"call": what, "at": timezone.now().isoformat()}
    began = monotonic()
    try:
        answer = call()
    except MiniMaxError as error:
        entry |= {
            "http_status": error.http_status,
            "status_code": error.status_code,
            "trace_id": error.trace_id,
            "trouble": trouble(error),
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
        row.calls = [*row.calls, entry][-MOST:]


def trouble(error: MiniMaxError) -> Trouble:
    """Which member of the family it was, for the row."""
    match error:
        case NotSent():
            return Trouble.NEVER_SENT
        case AnswerTimeout():
            return Trouble.TOO_LATE
        case NoAnswer():
            return Trouble.UNANSWERED
        case Refused():
            return Trouble.RATE_LIMIT if error.retryable else Trouble.REFUSED
    return Trouble.NONSENSE


def message(error: MiniMaxError) -> Message:
    """What a person reads when a call that costs nothing did not go well."""
    return words.message_for_free_call(trouble(error), error.status_code, error.http_status)
