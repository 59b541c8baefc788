"""Full disk: what people read when a file, or the database, cannot be written or read."""

import errno
import logging
from collections.abc import Callable
from typing import Final

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

logger = logging.getLogger(__name__)

ERRNOS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
)
# SQLite's words.
SENTENCES: Final = ("disk is full", "readonly database", "disk I/O error", "unable to open")


class FullDiskMiddleware:
    """Answers 507 with a sentence, instead of 500, where a view could not write to the disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for errors of the disk; None for any other."""
        by_system = isinstance(error, OSError) and error.errno in ERRNOS
        by_database = isinstance(error, OperationalError) and any(
            sentence in str(error) for sentence in SENTENCES
        )
        if not (by_system or by_database):
            return None
        logger.error("The disk cannot be written or read.", exc_info=error)
        return render(request, "507.html", status=507)
