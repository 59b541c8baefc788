"""Sentry: sends errors of the log there, with nothing that people have entered.

Loaded by the log where `SENTRY_DSN` is set, since sentry-sdk is optional. Each event is built from
a few facts of the record, instead of removing from everything what must not leave the studio. The
integrations of sentry-sdk stay off: they collect requests, variables and earlier records.
"""

import logging
from typing import TYPE_CHECKING, Any, Final

from sentry_sdk import Client
from sentry_sdk.utils import event_from_exception

from voicestudio import __version__

from .log import SENTRY_DSN, redact

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

# What an event has; sentry-sdk adds the name of the machine, among other things.
FIELDS: Final = frozenset(
    {
        "event_id", "timestamp", "platform", "release", "level", "logger", "logentry",
        "exception", "tags", "transaction",
    }
)  # fmt: skip
# A line of code or a variable may hold what a person has entered.
FRAME_FIELDS: Final = ("filename", "module", "function", "lineno")
# The IDs of the log context that become tags; the person is none of them.
TAGS: Final = ("request", "attempt", "speech")
LEVELS: Final = {"CRITICAL": "fatal"}
# Our modules, and the loggers that are named after them.
OURS: Final = "voicestudio."
FLUSH_SECONDS: Final = 2.0


class SentryHandler(logging.Handler):
    """Sends each record as an event, from a thread of sentry-sdk."""

    def __init__(self, dsn: str = SENTRY_DSN) -> None:
        super().__init__()
        self.client = Client(
            dsn=dsn,
            release=__version__,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_client_reports=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            traces_sample_rate=None,
            spotlight=False,
            debug=False,
            before_send=keep_known_fields,
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record; an error of sentry-sdk is written to stderr, as for all handlers."""
        try:
            self.client.capture_event(build_event(record, self.client.options))  # type: ignore[arg-type]
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Wait a moment for what is not sent yet: the process may end now."""
        self.client.flush(timeout=FLUSH_SECONDS)


def build_event(record: logging.LogRecord, options: dict[str, Any]) -> dict[str, Any]:
    """The event of a record: its message without values, the types of its exceptions, its IDs.

    The text of an exception often quotes the value that was wrong, so it is left out.
    """
    context = getattr(record, "context", {})
    event: dict[str, Any] = {
        "level": LEVELS.get(record.levelname, record.levelname.lower()),
        "logger": record.name,
        "logentry": {"message": _read_message(record)},
        "tags": {name: str(context[name]) for name in TAGS if name in context},
    }
    if view := context.get("view"):
        event["transaction"] = view
    if record.exc_info and record.exc_info[1]:
        found, _hint = event_from_exception(record.exc_info, client_options=options)
        values = found["exception"]["values"]
        event["exception"] = {"values": [_strip_exception(value) for value in values]}
    return event


def keep_known_fields(event: "Event", _hint: "Hint") -> "Event":
    """Remove what sentry-sdk has added to an event."""
    return {name: value for name, value in event.items() if name in FIELDS}  # type: ignore[return-value]


def _read_message(record: logging.LogRecord) -> str:
    """The message before its values are filled in, and without secrets.

    Ours are all constant. A library may have filled them in itself, so that its message says
    something only if there are values left.
    """
    is_constant = bool(record.args) or record.name.startswith(OURS)
    return redact(str(record.msg)) if is_constant else record.name


def _strip_exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    kept = [
        {name: frame.get(name) for name in FRAME_FIELDS}
        | {"in_app": (frame.get("module") or "").startswith(OURS)}
        for frame in frames
    ]
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {"frames": kept},
    }
