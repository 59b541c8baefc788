"""Sound: recordings and demos, to signed-in people only, in ranges so that players can seek."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from django.core.files.storage import Storage
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import LARGEST_ID, AudioFile, CloneAttempt, Speech, Voice
from voicestudio.services.voices import notes

RANGE: Final = re.compile(r"bytes\s*=\s*(?P<first>[0-9]{0,18})\s*-\s*(?P<last>[0-9]{0,18})")
BLOCK: Final = 256 * 1024
TYPES: Final = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
}


class Span(NamedTuple):
    """Bytes from `first` up to, not including, `end`."""

    first: int
    end: int


class Blocks(Iterator[bytes]):
    """Part of a stored file, block by block; Django closes it with the response."""

    def __init__(self, storage: Storage, name: str, first: int, end: int) -> None:
        self.file = storage.open(name, "rb")
        self.file.seek(first)
        self.left = end - first

    def __next__(self) -> bytes:
        block = self.file.read(min(BLOCK, self.left)) if self.left > 0 else b""
        if not block:
            raise StopIteration
        self.left -= len(block)
        return block

    def close(self) -> None:
        """Let the file go."""
        self.file.close()


@require_safe
def recording(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Our copy of a recording."""
    rows = AudioFile.objects.visible_to(request.user)
    found = get_object_or_404(rows.only("name", "file"), pk=_possible(pk))
    return _served(request, found.file, found.name)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The demo of an attempt."""
    rows = CloneAttempt.objects.visible_to(request.user)
    found = get_object_or_404(rows.only("voice_id", "audio"), pk=_possible(pk))
    return _served(request, found.audio, found.voice_id)


@require_safe
def speech(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What a voice has really said."""
    rows = Speech.objects.visible_to(request.user).select_related("voice")
    found = get_object_or_404(rows.only("audio", "voice__voice_id"), pk=_possible(pk))
    return _served(request, found.audio, f"{found.voice.voice_id}-{pk}")


@require_POST
def preview_heard(request: HttpRequest, pk: int) -> HttpResponse:
    """A player says that the demo of this attempt really plays."""
    rows = CloneAttempt.objects.visible_to(request.user).select_related("cloned_voice")
    return _heard(get_object_or_404(rows.only("cloned_voice"), pk=_possible(pk)).cloned_voice)


@require_POST
def speech_heard(request: HttpRequest, pk: int) -> HttpResponse:
    """A player says that this speech really plays."""
    rows = Speech.objects.visible_to(request.user).select_related("voice")
    return _heard(get_object_or_404(rows.only("voice"), pk=_possible(pk)).voice)


def _heard(voice: Voice | None) -> HttpResponse:
    if voice is None:
        raise Http404
    notes.mark_heard(voice)
    return HttpResponse(status=204)


def _possible(pk: int) -> int:
    if pk > LARGEST_ID:
        raise Http404
    return pk


def _served(request: HttpRequest, file: FieldFile, title: str) -> HttpResponseBase:
    """The whole file or the range asked for. Source: RFC 9110, sections 13 and 14."""
    if not file or not file.name:
        raise Http404
    try:
        size = file.storage.size(file.name)
        changed = file.storage.get_modified_time(file.name).timestamp()
    except OSError as error:
        raise Http404 from error
    etag = f'"{size:x}-{int(changed * 1_000_000):x}"'
    response: HttpResponseBase | None = get_conditional_response(
        request, etag=etag, last_modified=int(changed)
    )
    if response is None:
        response = _answer(request, file, size, _wanted(request, size, etag, int(changed)))
    if response.status_code in (200, 206):
        extension = PurePosixPath(file.name).suffix.lstrip(".").lower()
        download = request.GET.get("download") == "1"
        response["Content-Type"] = TYPES.get(extension, "application/octet-stream")
        response["Content-Disposition"] = _disposition(title, extension, download=download)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(int(changed))
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    return response


def _answer(
    request: HttpRequest, file: FieldFile, size: int, span: Span | None
) -> HttpResponseBase:
    """The bytes of `span`, or of the whole file where `span` is None."""
    if span is not None and span.first >= span.end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, end = span or Span(0, size)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        try:
            response = StreamingHttpResponse(Blocks(file.storage, str(file.name), first, end))
        except OSError as error:
            raise Http404 from error
    response["Content-Length"] = str(end - first)
    # Compressed sound is hardly smaller, and could not be asked for in ranges.
    response["Content-Encoding"] = "identity"
    if span is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    return response


def _wanted(request: HttpRequest, size: int, etag: str, modified: int) -> Span | None:
    """The one range asked for; None for the whole file, an empty span if there is nothing there.

    Several ranges at once, and what is no range, are answered with the whole file.
    """
    asked = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or asked["first"] == asked["last"] == "":
        return None
    condition = request.headers.get("If-Range", "").strip()
    if condition and condition != etag and parse_http_date_safe(condition) != modified:
        return None
    if asked["first"] == "":
        return Span(max(0, size - int(asked["last"])), size)
    first = int(asked["first"])
    last = int(asked["last"]) if asked["last"] else size - 1
    if asked["last"] and last < first:
        return None
    return Span(first, min(last + 1, size))


def _disposition(title: str, extension: str, *, download: bool) -> str:
    """The name under which the file is saved: the title, with the extension that is true."""
    stem = re.sub(r"[\x00-\x1f\x7f/\\\\]+", " ", title).strip(" .") or "audio"
    stem = re.sub(r"\.(mp3|m4a|wav|flac|ogg|webm|mp4|aac)$", "", stem, flags=re.IGNORECASE)
    return content_disposition_header(download, f"{stem[:120]}.{extension}") or "inline"
