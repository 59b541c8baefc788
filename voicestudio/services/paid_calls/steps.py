"""Steps: what one kind of paid call does at each point of its way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voicestudio.minimax import HttpResponse, MiniMaxError
from voicestudio.models import PaidCall
from voicestudio.words import Trouble

if TYPE_CHECKING:
    from django.tasks import Task

type Keep = Callable[[HttpResponse], None]


class NotSendable(Exception):  # noqa: N818 - an answer, not a mistake
    """The call cannot be sent any more, and `trouble` is the reason. Nothing was sent."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class NotYet(Exception):  # noqa: N818 - an answer, not a mistake
    """Something that the call needs is not there yet; the call waits a moment."""


@dataclass(frozen=True)
class Steps[Call: PaidCall, Request, Answer]:
    """What one kind of paid call does; the runner decides when and writes the state.

    `name` is the call in the log, `job` the task that runs it again.
    `prepare` returns the request once the provider has every file; it may raise `NotSendable`, and
    `NotYet` while another call provides what it needs.
    `check` runs in the transaction that marks the call as sent; it may raise `NotSendable`.
    `send` calls the provider, once; it hands the response to the journal before it is interpreted.
    `parse` interprets such a response again; it raises what `send` would.
    `answer_columns` returns the columns of an answer; audio inside it is stored already.
    `record_answer` writes these columns and what follows from them (voice, charge), in one
    transaction; False if another worker holds the call.
    `record_unknown` and `record_not_done` write what follows for voice and charge, in the
    transaction that writes the state.
    `after_error` learns from an error that has ended the call.
    """

    model: type[Call]
    name: str
    job: "Task[[int], None]"
    prepare: Callable[[Call], Request]
    check: Callable[[Call], None]
    send: Callable[[Call, Request, Keep], Answer]
    parse: Callable[[Call, HttpResponse], Answer]
    answer_columns: Callable[[Call, Answer], dict[str, Any]]
    record_answer: Callable[..., bool]
    record_unknown: Callable[[Call], None]
    record_not_done: Callable[[Call], None]
    after_error: Callable[[Call, MiniMaxError], None]
