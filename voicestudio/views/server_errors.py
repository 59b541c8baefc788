"""Server errors: the page for an error of the database, the storage or the disk, and any other.

Django asks it for each exception that a view or a middleware lets through. It makes no query, since
the database may be what is away.
"""

import errno
import logging
import sys
from typing import Final, NamedTuple

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from voicestudio.services.storage import StorageAway
from voicestudio.words.messages import Message
from voicestudio.words.server_errors import DATABASE_AWAY, DISK_FULL, STORAGE_AWAY, UPLOADS_BUSY

logger = logging.getLogger(__name__)

ERRNOS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
)
# The words of SQLite, and of PostgreSQL's system.
DISK_SENTENCES: Final = (
    "disk is full", "readonly database", "disk I/O error", "unable to open", "No space left",
)  # fmt: skip
# Tells scripts that the answer holds a note for the reader.
HEADER: Final = "Studio-Fault"


class Fault(NamedTuple):
    """A part that fails: the answer's status, what people read, and after how long to try again."""

    part: str
    status: int
    message: Message
    retry_after_s: int = 0


DATABASE: Final = Fault("database", 503, DATABASE_AWAY, 30)
STORAGE: Final = Fault("storage", 503, STORAGE_AWAY, 30)
DISK: Final = Fault("disk", 507, DISK_FULL)
MANY_UPLOADS: Final = Fault("uploads", 503, UPLOADS_BUSY, 5)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception: what is wrong if a part of the studio fails, else the page for 500."""
    error = sys.exc_info()[1]
    fault = find_fault(error)
    if fault is None:
        return defaults.server_error(request)
    logger.error("The %s fails: %s: %s", fault.part, type(error).__name__, error)
    return explain(request, fault)


def find_fault(error: BaseException | None) -> Fault | None:
    """The part that fails; None if the error is one of the code."""
    if isinstance(error, StorageAway):
        return STORAGE
    if isinstance(error, OSError):
        return DISK if error.errno in ERRNOS else None
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    if any(sentence in str(error) for sentence in DISK_SENTENCES):
        return DISK
    # SQLite reports a missing column or a wrong parameter with the same classes.
    is_away = connection.vendor != "sqlite" or "is locked" in str(error)
    return DATABASE if is_away else None


def explain(request: HttpRequest, fault: Fault) -> HttpResponse:
    """What people read: a page, or the note alone for a script of an open page."""
    headline, next_step = str(fault.message.headline), str(fault.message.next_step)
    # Before HtmxMiddleware has run, the request has no attribute for it.
    if request.headers.get("HX-Request") == "true":
        facts = {"state": "failed", "headline": headline, "next_step": next_step}
        content = loader.render_to_string("_note.html", facts)
    else:  # a heading has no full stop
        facts = {"headline": headline.removesuffix("."), "next_step": next_step}
        content = loader.render_to_string("server_error.html", facts)
    response = HttpResponse(content, status=fault.status, headers={HEADER: "true"})
    response["Cache-Control"] = "no-store"
    if fault.retry_after_s:
        response["Retry-After"] = str(fault.retry_after_s)
    return response
