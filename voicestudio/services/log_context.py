"""Log context: which request, paid call and person a record of the log is about.

Set by the middleware for each request and by the worker for each call. The log reads it, in JSON.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from voicestudio.models import PaidCall

logger = logging.getLogger(__name__)

# The names of the fields are those of the JSON log.
_fields: Final[ContextVar[dict[str, Any]]] = ContextVar("log_fields")
_ON_ERROR: Final = "log_fields"
# The field that holds the ID of a call, by the name of its model.
FIELDS: Final = {"cloneattempt": "attempt", "speech": "speech"}


@contextmanager
def log_fields(**fields: Any) -> Iterator[None]:
    """Every record of the block has these fields; a function is called for its value then.

    An exception takes them along, because the queue logs it after the block.
    """
    inner = {**_fields.get({}), **fields}
    token = _fields.set(inner)
    try:
        yield
    except Exception as error:
        error.__dict__.setdefault(_ON_ERROR, inner)
        raise
    finally:
        _fields.reset(token)


@contextmanager
def log_call(kind: str, pk: int) -> Iterator[None]:
    """Every record of the block names the call with this key; `kind` is the name of its model."""
    with log_fields(**{FIELDS[kind]: pk}):
        yield


def log_requested(call: "PaidCall") -> None:
    """Log that a call was requested: the record that has the IDs of the request and of the call."""
    kind = str(call._meta.model_name)
    with log_call(kind, call.pk):
        logger.info("%s %s is requested.", FIELDS[kind].capitalize(), call.pk)


class AddContext(logging.Filter):
    """Adds the fields to each record, as `context`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        # Django logs an answer of 404 after the middleware.
        fields = dict(getattr(getattr(record, "request", None), _ON_ERROR, {}))
        if record.exc_info and record.exc_info[1]:
            fields |= getattr(record.exc_info[1], _ON_ERROR, {})
        fields |= _fields.get({})
        values = {name: value() if callable(value) else value for name, value in fields.items()}
        record.context = {name: value for name, value in values.items() if value is not None}
        return True
