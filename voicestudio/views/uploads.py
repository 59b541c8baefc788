"""Uploads: files come to disk in pieces, and no more of them than the studio takes."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from voicestudio import words

type View = Callable[..., HttpResponse]
# What a request holds beside its one file.
MARGIN: Final = 1024**2


class CappedUpload(TemporaryFileUploadHandler):
    """To disk, piece by piece; the rest of a file over the limit is dropped as it comes.

    The other fields of the form are still read, so that nothing typed is lost with the file.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.dropped: set[str] = set()
        # Far too much at once needs no disk at all.
        self.drop_all = announced(request) > 2 * settings.UPLOAD_MAX_BYTES + MARGIN

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep the piece, unless the file has become too large with it."""
        if self.drop_all or start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self.dropped.add(str(self.field_name))
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


def announced(request: HttpRequest | None) -> int:
    """The length of the request's body in bytes, as it says itself."""
    length = request.META.get("CONTENT_LENGTH") or "0" if request else "0"
    return int(length) if length.isdigit() else 0


def too_large(request: HttpRequest) -> set[str]:
    """The names of the file fields that were over the limit."""
    request.FILES  # noqa: B018  (reads the body, if nobody has)
    return {
        name
        for handler in request.upload_handlers
        if isinstance(handler, CappedUpload)
        for name in handler.dropped
    }


def larger_than_we_take() -> words.Message:
    """Why a file over the limit is not taken."""
    return words.message_for_audio_problem("too_large", {"limit_bytes": settings.UPLOAD_MAX_BYTES})


def capped(*, at_once: View | None = None) -> Callable[[View], View]:
    """For views that take files: none over the limit reaches the disk whole.

    `at_once` answers a script's upload whose announced length is over the limit, before any of it
    is read. The CSRF check reads the body, so it comes after this one.
    """

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def entry(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            too_long = announced(request) > settings.UPLOAD_MAX_BYTES + MARGIN
            if too_long and at_once is not None and request.headers.get("HX-Request"):
                return at_once(request)
            request.upload_handlers = [CappedUpload(request)]
            return protected(request, *args, **kwargs)

        return entry

    return decorate
