"""Audio: recordings, previews and speeches for signed-in people, in byte ranges for seeking.

Libraries that were looked at: django-ranged-response and DjangoRangeMiddleware know no `If-Range`
and no `ETag`, WhiteNoise serves static files without a permission check (and answers a range of one
byte with 416, its issue 711), django-sendfile2 needs a web server in front that serves the ranges.
"""

import logging
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePosixPath
from threading import BoundedSemaphore
from typing import Final, NamedTuple

from django.conf import settings
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import Action, AudioFile, CloneAttempt, Speech, Verb, Voice
from voicestudio.services import recordings as service
from voicestudio.services import storage
from voicestudio.services.audit import record
from voicestudio.services.download_names import download_name
from voicestudio.services.voices import notes

from .current_user import current_user
from .permitted import find_row
from .server_errors import STORAGE, explain, find_fault

logger = logging.getLogger(__name__)

RANGE: Final = re.compile(r"bytes\s*=\s*(?P<first>[0-9]{0,18})\s*-\s*(?P<last>[0-9]{0,18})")
TYPES: Final = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
}


class ByteRange(NamedTuple):
    """Bytes from `first` up to, not including, `end`."""

    first: int
    end: int


# Threads that may send audio; the others are free for pages.
TRANSFERS: Final = BoundedSemaphore(settings.TRANSFER_THREADS)
# Short, because those who wait hold threads that pages need.
WAIT_FOR_THREAD_S: Final = 0.5


class TooManyTransfers(Exception):  # noqa: N818 - an answer, not a mistake
    """All threads for audio are taken."""


@contextmanager
def transfer_thread() -> Iterator[None]:
    """Hold one of the threads for audio while the storage is asked, which may take a minute.

    Raises `TooManyTransfers` if none is free.
    """
    if not TRANSFERS.acquire(timeout=WAIT_FOR_THREAD_S):
        raise TooManyTransfers
    try:
        yield
    finally:
        TRANSFERS.release()


class FileChunks(Iterator[bytes]):
    """The chunks of a stored file or of an archive; Django closes it with the response.

    Holds one of the threads for audio until then. Raises `TooManyTransfers` if none is free, and
    OSError if the file cannot be read.
    """

    def __init__(self, chunks: Generator[bytes]) -> None:
        if not TRANSFERS.acquire(timeout=WAIT_FOR_THREAD_S):
            raise TooManyTransfers
        self.holds_thread = True
        self.chunks = chunks
        try:
            # The file is opened now, when it is not too late for another answer.
            self.first = next(self.chunks, b"")
        except BaseException:
            self.close()
            raise

    def __next__(self) -> bytes:
        chunk, self.first = self.first, b""
        return chunk or next(self.chunks)

    def close(self) -> None:
        """Close the file and release the thread; a second call does nothing."""
        self.chunks.close()
        if self.holds_thread:
            self.holds_thread = False
            TRANSFERS.release()


@contextmanager
def closed_on_error(response: HttpResponseBase) -> Iterator[None]:
    """Free the thread that the response holds if the block fails, since it is not sent then."""
    try:
        yield
    except BaseException:
        response.close()
        raise


@require_safe
def recording(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The audio of a recording: a copy that every browser plays, or the original to download."""
    columns = ("project", "name", "file", "playable", "playable_at", "checked_at")
    recording = find_row(request, AudioFile.objects.only(*columns), pk, _action(request))
    if request.GET.get("download") == "1":
        return _serve_file(request, recording, recording.file, recording.name)
    service.ensure_playable(recording)
    return _serve_file(request, recording, recording.playable or recording.file, recording.name)


@require_safe
def tracks(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All audio tracks of the file that a recording comes from, to download."""
    rows = AudioFile.objects.only("project", "name", "tracks_file")
    recording = find_row(request, rows, pk, Action.DOWNLOAD)
    return _serve_file(request, recording, recording.tracks_file, recording.name, download=True)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The preview of an attempt."""
    rows = CloneAttempt.objects.only("project", "voice_id", "audio")
    attempt = find_row(request, rows, pk, _action(request))
    return _serve_file(request, attempt, attempt.audio, attempt.voice_id)


@require_safe
def speech(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The audio of a generated speech."""
    rows = Speech.objects.select_related("voice").only("project", "audio", "voice__voice_id")
    speech = find_row(request, rows, pk, _action(request))
    return _serve_file(request, speech, speech.audio, f"{speech.voice.voice_id}-{pk}")


@require_safe
def preview_waveform(request: HttpRequest, pk: int) -> HttpResponse:
    """The waveform of a preview, which is drawn after the player is shown."""
    attempt = find_row(request, CloneAttempt.objects.select_related("recording"), pk)
    return render(request, "_waveform.html", {"call": attempt, "beside": attempt.recording})


@require_safe
def speech_waveform(request: HttpRequest, pk: int) -> HttpResponse:
    """The waveform of a generated speech, which is drawn after the player is shown."""
    speech = find_row(request, Speech.objects.for_rows(), pk)
    return render(request, "_waveform.html", {"call": speech, "beside": None})


@require_safe
def attempt_answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """MiniMax's whole answer to an attempt, where the row cannot hold it; as a file for support."""
    rows = CloneAttempt.objects.only("project", "answer_file")
    attempt = find_row(request, rows, pk, Action.DOWNLOAD)
    return _serve_file(request, attempt, attempt.answer_file, f"attempt-{pk}", download=True)


@require_safe
def speech_answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """MiniMax's whole answer to a speech, where the row cannot hold it; as a file for support."""
    rows = Speech.objects.only("project", "answer_file")
    speech = find_row(request, rows, pk, Action.DOWNLOAD)
    return _serve_file(request, speech, speech.answer_file, f"speech-{pk}", download=True)


@require_POST
def mark_preview_heard(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a voice as heard: a player has started its preview."""
    rows = CloneAttempt.objects.select_related("cloned_voice").only("project", "cloned_voice")
    return _mark_heard(request, find_row(request, rows, pk, Action.NOTE).cloned_voice)


@require_POST
def mark_speech_heard(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a voice as heard: a player has started this speech."""
    rows = Speech.objects.select_related("voice").only("project", "voice")
    return _mark_heard(request, find_row(request, rows, pk, Action.NOTE).voice)


def _action(request: HttpRequest) -> Action:
    """What a request for audio does: play it, or download it."""
    return Action.DOWNLOAD if request.GET.get("download") == "1" else Action.SEE


def _mark_heard(request: HttpRequest, voice: Voice | None) -> HttpResponse:
    if voice is None:
        raise Http404
    notes.mark_heard(voice, by=current_user(request))
    return HttpResponse(status=204)


def _serve_file(
    request: HttpRequest, row: Model, file: FieldFile, title: str, *, download: bool = False
) -> HttpResponseBase:
    """The file of `row`, or a range of it. Source: RFC 9110, sections 13 and 14."""
    if not file or not file.name:
        raise Http404
    try:
        with transfer_thread():
            size, written_at = storage.size_and_time(file)
    except TooManyTransfers:
        return try_later()
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError as error:
        return _explain_unreadable(request, file, error)
    extension = PurePosixPath(file.name).suffix.lstrip(".").lower()
    download = download or request.GET.get("download") == "1"
    headers = {
        "Content-Type": TYPES.get(extension, "application/octet-stream"),
        "Content-Disposition": _disposition(title, file.name, download=download),
    }
    response = _link_to(request, file, headers) or _send_file(request, file, size, written_at)
    if response.status_code in (200, 206):
        for name, value in headers.items():
            response[name] = value
    # Each part of a download too: nothing says that the others were recorded.
    if download and request.method == "GET" and response.status_code in (200, 206, 302):
        with closed_on_error(response):
            record(Verb.DOWNLOADED, by=request.user, on=row, file=str(file.field.name))
    response["Cache-Control"] = "private, no-store"
    return response


def _link_to(
    request: HttpRequest, file: FieldFile, headers: dict[str, str]
) -> HttpResponseBase | None:
    """A redirect to a signed link, which answers with these headers; None if there is none."""
    link = storage.link(
        file, content_type=headers["Content-Type"], disposition=headers["Content-Disposition"]
    )
    return redirect(link) if link and request.method == "GET" else None


def _send_file(
    request: HttpRequest, file: FieldFile, size: int, written_at: datetime
) -> HttpResponseBase:
    """The file or the range that the request asks for."""
    changed = written_at.timestamp()
    etag = f'"{size:x}-{int(changed * 1_000_000):x}"'
    response: HttpResponseBase | None = get_conditional_response(
        request, etag=etag, last_modified=int(changed)
    )
    if response is None:
        byte_range = _parse_range(request, size, etag, int(changed))
        response = _send_bytes(request, file, size, byte_range)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(int(changed))
    response["Accept-Ranges"] = "bytes"
    return response


def _send_bytes(
    request: HttpRequest, file: FieldFile, size: int, byte_range: ByteRange | None
) -> HttpResponseBase:
    """The bytes of `byte_range`, or the whole file if it is None."""
    if byte_range is not None and byte_range.first >= byte_range.end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, end = byte_range or ByteRange(0, size)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        try:
            response = StreamingHttpResponse(FileChunks(storage.chunks(file, first, end)))
        except TooManyTransfers:
            return try_later()
        except FileNotFoundError as error:
            raise Http404 from error
        except OSError as error:
            return _explain_unreadable(request, file, error)
    response["Content-Length"] = str(end - first)
    # Keeps GZipMiddleware away: compressed audio is hardly smaller and has no byte ranges.
    response["Content-Encoding"] = "identity"
    if byte_range is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    return response


def try_later() -> HttpResponse:
    """503: all threads for audio are taken."""
    return HttpResponse(status=503, headers={"Retry-After": "5"})


def _explain_unreadable(request: HttpRequest, file: FieldFile, error: OSError) -> HttpResponse:
    logger.error("%s cannot be read: %s", file, error)
    return explain(request, find_fault(error) or STORAGE)


def _parse_range(request: HttpRequest, size: int, etag: str, modified: int) -> ByteRange | None:
    """The requested range; None for the whole file, an empty range if it lies behind the end.

    Several ranges at once and a malformed header are answered with the whole file.
    """
    match = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match["first"] == match["last"] == "":
        return None
    condition = request.headers.get("If-Range", "").strip()
    if condition and condition != etag and parse_http_date_safe(condition) != modified:
        return None
    if match["first"] == "":
        return ByteRange(max(0, size - int(match["last"])), size)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else size - 1
    if match["last"] and last < first:
        return None
    return ByteRange(first, min(last + 1, size))


def _disposition(title: str, stored_name: str, *, download: bool) -> str:
    """The Content-Disposition: the title with the extension of the actual format."""
    name = download_name(title, stored_name)
    return content_disposition_header(download, name) or "inline"
