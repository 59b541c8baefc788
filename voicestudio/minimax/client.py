"""MiniMax: the API client; one method for each call."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import requests
from requests.models import Response
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from voicestudio import __version__

from . import clones, files, speech, voices
from .addresses import is_loopback, normalize_base_url, parse_origin
from .download import Download, download_file
from .errors import AnswerTimeout, MiniMaxError, NoAnswer, NotSent, is_timeout
from .key import BearerAuth
from .multipart import MultipartBody
from .response import MAX_BODY_BYTES, HttpResponse
from .transport import Exchange, TrackingAdapter

logger = logging.getLogger(__name__)

USER_AGENT: Final = f"VoiceStudio/{__version__}"
MAX_PAID_BODY_BYTES: Final = 64 * 1024 * 1024  # of an answer that may hold audio
MIN_UPLOAD_RATE: Final = 16_000  # bytes a second; a slower line cannot upload a recording
type Keep = Callable[[HttpResponse], None]
TRANSPORT_ERRORS: Final = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
_READ_BLOCK_BYTES: Final = 64 * 1024


class _Session(requests.Session):
    """A session that neither follows a redirect nor reads its body."""

    def get_redirect_target(self, resp: Response) -> None:
        """Return None: a redirect could carry the key to another host."""


class Client:
    """The provider's API. Safe to share between threads: each gets its own session.

    Every method raises only `MiniMaxError` and its subclasses, except ValueError for a request
    that cannot be encoded and OSError for a local file that cannot be opened or written.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        group_id: str = "",
        upload_path: str = "/v1/files/upload",
        connect_timeout: float = 10.0,
        read_timeout: float = 120.0,
    ) -> None:
        """Times in seconds; `base_url` includes any prefix of a gateway. Raises ValueError."""
        key = api_key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            # The message of requests would show the key.
            raise ValueError("the API key is empty or contains characters that are not allowed")
        self._auth = BearerAuth(key)
        self.base_url = normalize_base_url(base_url)
        self._origin = parse_origin(self.base_url)
        self._group_id = group_id.strip()
        self._upload_path = "/" + upload_path.strip().strip("/")
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._thread_local = threading.local()

    def __repr__(self) -> str:
        return f"Client({self.base_url})"

    # API calls

    def upload_file(self, path: Path, *, purpose: str, filename: str) -> files.UploadedFile:
        """Upload a file from disk, one block at a time; `filename` needs its real extension.

        Source: provider.md, "Calls" and "Audio".
        """
        fields = {"purpose": files.check_purpose(purpose)}
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            body = MultipartBody(fields, file, filename=filename, size=size)
            response = self._exchange(
                "POST",
                self._upload_path,
                data=body,
                headers={"Content-Type": body.content_type},
                once=True,
            )
        return files.parse_file(response)

    def clone_voice(
        self,
        request: clones.CloneRequest,
        *,
        headers: Mapping[str, str] | None = None,
        keep: Keep | None = None,
    ) -> clones.CloneAnswer:
        """Clone a voice. Not idempotent: repeat it only when the error is `retryable`.

        `keep` gets the response before it is interpreted, and also the part of one that breaks off.
        """
        response = self._pay("/v1/voice_clone", request.body(), headers=headers, keep=keep)
        return clones.parse_clone(response)

    def list_files(self, purpose: str) -> files.FileList:
        """List all files of one purpose; Refused with UNSUPPORTED where a gateway has no list."""
        params = {"purpose": files.check_purpose(purpose)}
        return files.parse_files(self._exchange("GET", "/v1/files/list", params=params))

    def retrieve_file(self, file_id: int) -> files.UploadedFile:
        """Return what the provider knows of one file."""
        params = {"file_id": str(file_id)}
        return files.parse_file(self._exchange("GET", "/v1/files/retrieve", params=params))

    def delete_file(self, file_id: int, purpose: str) -> files.FileDeleted:
        """Delete one file; Refused with UNSUPPORTED where a gateway cannot."""
        body = {"file_id": file_id, "purpose": files.check_purpose(purpose)}
        return files.parse_deletion(self._post("/v1/files/delete", body, once=True), file_id)

    def list_voices(self, voice_type: str = "voice_cloning") -> voices.VoiceList:
        """List the voices of one type or of `all`; a clone only after its first speech."""
        return voices.parse_voices(self._post("/v1/get_voice", {"voice_type": voice_type}))

    def delete_voice(self, voice_id: str) -> voices.VoiceDeleted:
        """Delete a cloned voice; its ID may not become free again."""
        body = {"voice_type": "voice_cloning", "voice_id": voice_id}
        return voices.parse_deletion(self._post("/v1/delete_voice", body, once=True), voice_id)

    def generate_speech(
        self, request: speech.SpeechRequest, *, keep: Keep | None = None
    ) -> speech.SpeechAnswer:
        """Generate speech: billed, and the first speech of a clone makes the clone fee due.

        `keep` gets the response as in `clone_voice`.
        """
        response = self._pay("/v1/t2a_v2", request.body(), keep=keep)
        return speech.parse_speech(response, request)

    def download(self, url: str, target: BinaryIO, *, max_bytes: int, timeout: float) -> Download:
        """Download the audio of a preview or a speech; see `download_file`."""
        return download_file(
            url,
            target,
            max_bytes=max_bytes,
            timeout=timeout,
            connect_timeout=self._connect_timeout,
            own_origin=self._origin,
            user_agent=USER_AGENT,
        )

    def close(self) -> None:
        """Close the connections of this thread; the next call opens new ones."""
        session: requests.Session | None = getattr(self._thread_local, "session", None)
        if session is not None:
            session.close()

    # Transport

    def _pay(
        self, path: str, body: dict[str, Any], *, keep: Keep | None, **options: Any
    ) -> HttpResponse:
        """Send a paid request, once; its response is kept even if it is too large to be read."""
        kept = keep or (lambda _response: None)
        options |= {"max_bytes": MAX_PAID_BODY_BYTES, "once": True, "keep": kept}
        return self._post(path, body, **options)

    def _post(self, path: str, body: dict[str, Any], **options: Any) -> HttpResponse:
        # Raises ValueError for NaN and for lone surrogates, before anything is sent.
        data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        headers = {**(options.pop("headers", None) or {}), "Content-Type": "application/json"}
        return self._exchange("POST", path, data=data, headers=headers, **options)

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        data: bytes | MultipartBody | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BODY_BYTES,
        once: bool = False,
        keep: Keep = lambda _response: None,
    ) -> HttpResponse:
        """Send one request and return the whole response.

        If the server closes a kept-alive connection at the moment of writing, it is unknown
        whether the request was read. `once` sends the request alone on a new connection, so that
        this can only happen when the provider really breaks off.
        """
        call, started = f"{method} {path}", time.monotonic()
        query = dict(params or {})
        if self._group_id:  # an empty one was seen to cause a false 1008
            query["GroupId"] = self._group_id
        if once:
            self.close()
            headers = {**(headers or {}), "Connection": "close"}
        try:
            with Exchange(send_timeout=self._read_timeout, limit=self._limit(data)) as exchange:
                head = self._send(
                    exchange,
                    call,
                    method=method,
                    url=self.base_url + path,
                    params=query,
                    data=data,
                    headers=headers,
                )
                response = self._read_response(exchange, call, head, max_bytes, keep)
        except MiniMaxError as error:
            logger.warning("%s after %.3f s", error, time.monotonic() - started)
            raise
        finally:
            if once:
                self.close()
        logger.info(
            "%s: HTTP %d after %.3f s, trace %s",
            call,
            response.http_status,
            time.monotonic() - started,
            response.trace_id() or "-",
        )
        return response

    def _send(self, exchange: Exchange, call: str, **request: Any) -> Response:
        """Return the response before its body is read; raises NotSent and NoAnswer."""
        try:
            return self._session().request(
                **request,
                auth=self._auth,
                timeout=(self._connect_timeout, self._read_timeout),
                allow_redirects=False,
                stream=True,
            )
        except TRANSPORT_ERRORS as error:
            cause = self._auth.remove_key(error)
            if not exchange.anything_sent:
                raise NotSent(f"{call}: no connection to the provider") from cause
            late = exchange.timed_out or is_timeout(error)
            error_class = AnswerTimeout if late else NoAnswer
            raise error_class(f"{call}: no answer came") from cause

    def _limit(self, data: bytes | MultipartBody | None) -> float:
        """Seconds for a whole exchange: a response that drips must not hold a thread for good."""
        size = len(data) if data is not None else 0
        return self._connect_timeout + 2 * self._read_timeout + size / MIN_UPLOAD_RATE

    def _read_response(
        self, exchange: Exchange, call: str, head: Response, max_bytes: int, keep: Keep
    ) -> HttpResponse:
        """Return the response with its body, at most `max_bytes` of it."""
        response = HttpResponse(
            call=call,
            http_status=head.status_code,
            headers=head.headers,
            content=b"",
            redact=self._auth.redact,
        )
        content = BytesIO()  # a traceback does not show its bytes, which may hold an echoed key
        try:
            self._read_body(exchange, head, max_bytes, content)
        except TRANSPORT_ERRORS as error:
            response = replace(response, content=content.getvalue(), is_whole=False)
            if response.content:
                keep(response)
            late = exchange.timed_out or is_timeout(error)
            error_class = AnswerTimeout if late else NoAnswer
            raise error_class(
                f"{call}: the answer broke off (HTTP {response.http_status})",
                trace_id=response.trace_id(),
                http_status=response.http_status,
                raw=response.raw,
                raw_is_whole=response.raw_is_whole,
            ) from self._auth.remove_key(error)
        finally:
            head.close()
        response = replace(response, content=content.getvalue())
        keep(response)
        if len(response.content) > max_bytes:
            raise response.invalid("the answer is too large")
        return response

    def _read_body(
        self, exchange: Exchange, head: Response, max_bytes: int, content: BytesIO
    ) -> None:
        """Add the body to `content`; reading stops after one block past `max_bytes`."""
        deadline = time.monotonic() + self._read_timeout
        while content.tell() <= max_bytes and (
            block := head.raw.read1(_READ_BLOCK_BYTES, decode_content=True)
        ):
            content.write(block)
            if time.monotonic() > deadline:
                raise TimeoutError("the body arrives too slowly")
        if exchange.timed_out:  # a socket that was shut down looks like the end of the body
            raise TimeoutError("the body arrives too slowly")

    def _session(self) -> requests.Session:
        """Return the session of this thread: requests does not promise that one may be shared."""
        session: requests.Session | None = getattr(self._thread_local, "session", None)
        if session is None:
            session = _Session()
            session.mount("https://", TrackingAdapter())
            session.mount("http://", TrackingAdapter())
            session.headers = CaseInsensitiveDict(
                {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
            )
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            # Proxies and certificate bundles of the environment do not apply to this machine.
            session.trust_env = not is_loopback(self._origin[1])
            self._thread_local.session = session
        return session
