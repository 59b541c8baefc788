"""Uploads: which addresses take files, and how large a body may be.

Files are written to disk in chunks, up to UPLOAD_MAX_BYTES each, and only for the views that take
files. To all other addresses a body of more than 1 MB is refused, and files in it are skipped.
"""

import re
from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import Any, Final
from unicodedata import category

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParser
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from voicestudio import words
from voicestudio.models import Action
from voicestudio.services.permissions import require

from .htmx import HtmxRequest
from .server_errors import MANY_UPLOADS, explain

type View = Callable[..., HttpResponse]
# Bytes that a request holds besides its one file.
MARGIN: Final = 1024**2
# The largest body for a view that takes no files.
LONGEST_BODY: Final = 1024**2
# Threads that may hold an upload; the others are free for pages.
UPLOADS: Final = BoundedSemaphore(settings.TRANSFER_THREADS)
# Short, because those who wait hold threads that pages need.
WAIT_FOR_THREAD_S: Final = 0.5
# How browsers write what a quoted file name cannot hold: a quotation mark and line ends, nothing
# else. Source: HTML standard, "multipart/form-data encoding algorithm".
ENCODED: Final = re.compile("%(22|0D|0A)")
CHARSETS: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})


class CappedUpload(TemporaryFileUploadHandler):
    """Writes chunks to disk; once a file is over the limit, its remaining chunks are dropped.

    The other fields of the form are still read, so that nothing typed is lost with the file.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.dropped: set[str] = set()
        # A request that is far too large is not written to disk at all.
        self.drop_all = content_length(request) > 2 * settings.UPLOAD_MAX_BYTES + MARGIN

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep the chunk, unless the file has become too large with it."""
        if self.drop_all or start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self.dropped.add(str(self.field_name))
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


class SkipFiles(FileUploadHandler):
    """Reads no file of a request."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> None:
        """Skip this file."""
        raise SkipFile

    def receive_data_chunk(self, _data: bytes, _start: int) -> bytes | None:
        """Never called, because every file is skipped."""

    def file_complete(self, _size: int) -> None:
        """There is no file."""


class NameKeepingParser(MultiPartParser):
    """Keeps a file's name as it was sent, but for its path and control characters.

    Django resolves `&amp;` and drops the joiners of Persian and of emoji.
    """

    def sanitize_file_name(self, file_name: str) -> str | None:
        """The name, or None if nothing is left of it."""
        name = re.split(r"[/\\]", file_name)[-1]
        kept = "".join(char for char in name if char.isprintable() or category(char) == "Cf")
        return None if kept in {"", ".", ".."} else kept


class BodyLimitMiddleware:
    """Refuses a large body before it is read, unless the view takes files.

    Must come before everything that reads the body, such as the CSRF check.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """413 for a body over the limit; files to other views are not written to disk."""
        if str((request.content_params or {}).get("charset", "")).lower() not in CHARSETS:
            request.encoding = "utf-8"  # pages send nothing else, and some charsets cannot be read
        request.multipart_parser_class = NameKeepingParser  # type: ignore[assignment]
        if getattr(view, "takes_files", False):
            return None
        request.upload_handlers = [SkipFiles(request)]
        if content_length(request) > LONGEST_BODY:
            return render(request, "413.html", status=413)
        return None


def content_length(request: HttpRequest | None) -> int:
    """The length of the request's body in bytes, as its header gives it."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) if request else 0
    except ValueError:  # Django reads no body then
        return 0


def posted_name(file: UploadedFile) -> str:
    """The name of a file that a browser has sent with a plain form.

    Only for those: the scripts send the name in a field of its own. There a name that really holds
    "%22" stays as it is; here it cannot be told apart from a quotation mark, and is decoded too.
    """
    return ENCODED.sub(lambda found: chr(int(found[0][1:], 16)), file.name or "")


def too_large_fields(request: HttpRequest) -> set[str]:
    """The names of the file fields that were over the limit."""
    request.FILES  # noqa: B018  (reads the body)
    return {
        name
        for handler in request.upload_handlers
        if isinstance(handler, CappedUpload)
        for name in handler.dropped
    }


def too_large_message() -> words.Message:
    """Why a file over the limit is refused."""
    return words.message_for_audio_problem("too_large", {"limit_bytes": settings.UPLOAD_MAX_BYTES})


def cap_uploads(action: Action, *, refuse_early: View | None = None) -> Callable[[View], View]:
    """Decorate a view that takes files: none over the limit is written to disk whole.

    Nothing is read of a person who may do `action` in no project.
    `refuse_early` answers an htmx upload whose Content-Length is over the limit before any of it is
    read. The CSRF check reads the body, so it runs after this.
    """

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def capped_view(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            too_long = content_length(request) > settings.UPLOAD_MAX_BYTES + MARGIN
            if too_long and refuse_early is not None and request.htmx:
                return refuse_early(request)
            if request.method != "POST":
                return protected(request, *args, **kwargs)
            require(request.user, action)
            if not UPLOADS.acquire(timeout=WAIT_FOR_THREAD_S):
                return explain(request, MANY_UPLOADS)
            try:
                request.upload_handlers = [CappedUpload(request)]
                return protected(request, *args, **kwargs)
            finally:
                UPLOADS.release()

        capped_view.takes_files = True  # type: ignore[attr-defined]
        return capped_view

    return decorate
