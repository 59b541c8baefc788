"""MiniMax: the client; one method for each call of the provider's."""

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO, Final

import requests
from requests.models import Response
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from voicestudio import __version__

from . import cloning, files, speech, voices
from .addresses import base_of, is_loopback, origin_of
from .answer import BODY_CAP, Answer
from .download import Download, fetch
from .errors import MiniMaxError, NeverSent, TooLate, Unanswered, is_late
from .key import Bearer
from .multipart import Multipart
from .wire import Carrier, Exchange

logger = logging.getLogger(__name__)

USER_AGENT: Final = f"VoiceStudio/{__version__}"
SPEECH_CAP: Final = 64 * 1024 * 1024  # bytes of an answer that holds audio
FAILURES: Final = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
_BLOCK: Final = 64 * 1024


class _Session(requests.Session):
    """A session that follows nothing; told not to, requests still reads a redirect's whole body."""

    def get_redirect_target(self, resp: Response) -> None:
        """Nowhere: a redirect could carry the key to another host."""


class Client:
    """The provider's API; safe to share between threads, each of which gets a session of its own.

    Every method raises the family of `MiniMaxError` and nothing else, except ValueError for a
    request that cannot be put on the wire and OSError for a file of ours that cannot be opened or
    written.
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
        """Times in seconds; `base_url` with any gateway's prefix. Raises ValueError."""
        key = api_key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            # requests' own complaint would show the key.
            raise ValueError("the API key is empty or holds characters that no key has")
        self._auth = Bearer(key)
        self.base_url = base_of(base_url)
        self._origin = origin_of(self.base_url)
        self._group_id = group_id.strip()
        self._upload_path = "/" + upload_path.strip().strip("/")
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._of_thread = threading.local()

    def __repr__(self) -> str:
        return f"Client({self.base_url})"

    # The calls

    def upload(self, path: Path, *, purpose: files.Purpose, filename: str) -> files.UploadedFile:
        """Send a file from disk, a block at a time; `filename` needs its real extension.

        Source: provider.md, "Calls" and "Audio".
        """
        fields = {"purpose": files.Purpose(purpose).value}
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            body = Multipart(fields, file, filename=filename, size=size)
            answer = self._exchange(
                "POST",
                self._upload_path,
                data=body,
                headers={"Content-Type": body.content_type},
                once=True,
            )
        return files.read_file(answer)

    def clone(
        self, request: cloning.CloneRequest, *, headers: Mapping[str, str] | None = None
    ) -> cloning.CloneAnswer:
        """Make the voice; never repeat it unless the error's `may_repeat` says so."""
        answer = self._post("/v1/voice_clone", request.body(), headers=headers, once=True)
        return cloning.read_clone(answer)

    def list_files(self, purpose: files.Purpose) -> files.FileList:
        """All files of one purpose; UNSUPPORTED where a gateway has no such call."""
        params = {"purpose": files.Purpose(purpose).value}
        return files.read_files(self._exchange("GET", "/v1/files/list", params=params))

    def retrieve_file(self, file_id: int) -> files.UploadedFile:
        """What the provider knows of one file."""
        params = {"file_id": str(file_id)}
        return files.read_file(self._exchange("GET", "/v1/files/retrieve", params=params))

    def delete_file(self, file_id: int, purpose: files.Purpose) -> files.FileDeleted:
        """Delete one file; UNSUPPORTED where a gateway has no such call."""
        body = {"file_id": file_id, "purpose": files.Purpose(purpose).value}
        return files.read_deletion(self._post("/v1/files/delete", body, once=True), file_id)

    def get_voice(self, voice_type: str = "voice_cloning") -> voices.VoiceList:
        """The voices of one type, or of `all`; a clone is listed only after its first real use."""
        return voices.read_voices(self._post("/v1/get_voice", {"voice_type": voice_type}))

    def delete_voice(self, voice_id: str) -> voices.VoiceDeleted:
        """Delete a clone; its ID may not be free again."""
        body = {"voice_type": "voice_cloning", "voice_id": voice_id}
        return voices.read_deletion(self._post("/v1/delete_voice", body, once=True), voice_id)

    def speech(self, request: speech.SpeechRequest) -> speech.SpeechAnswer:
        """Speak for real: billed, and the first use of a clone makes its fee due."""
        answer = self._post("/v1/t2a_v2", request.body(), cap=SPEECH_CAP, once=True)
        return speech.read_speech(answer)

    def download(self, url: str, target: BinaryIO, *, max_bytes: int, timeout: float) -> Download:
        """Fetch a demo or a speech link, guarded; see `fetch`."""
        return fetch(
            url,
            target,
            max_bytes=max_bytes,
            timeout=timeout,
            connect_timeout=self._connect_timeout,
            own=self._origin,
            user_agent=USER_AGENT,
        )

    def close(self) -> None:
        """Close this thread's connections; they are opened again when needed."""
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is not None:
            session.close()

    # How a call is made

    def _post(self, path: str, body: dict[str, Any], **options: Any) -> Answer:
        # Raises ValueError for NaN and for half a character, before anything is sent.
        data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        headers = {**(options.pop("headers", None) or {}), "Content-Type": "application/json"}
        return self._exchange("POST", path, data=data, headers=headers, **options)

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        data: bytes | Multipart | None = None,
        headers: Mapping[str, str] | None = None,
        cap: int = BODY_CAP,
        once: bool = False,
    ) -> Answer:
        """One request, one whole answer.

        A kept connection that the server closes at this very moment fails after the request was
        written, and nobody can tell then whether it was read. With `once` the request is alone on
        a new connection, so that it meets this only when the provider truly breaks off.
        """
        call, started = f"{method} {path}", time.monotonic()
        query = dict(params or {})
        if self._group_id:  # an empty one was seen to cause a false 1008
            query["GroupId"] = self._group_id
        if once:
            self.close()
            headers = {**(headers or {}), "Connection": "close"}
        try:
            with Exchange(send_timeout=self._read_timeout) as exchange:
                response = self._sent(
                    exchange,
                    call,
                    method=method,
                    url=self.base_url + path,
                    params=query,
                    data=data,
                    headers=headers,
                )
                answer = self._whole(call, response, cap)
        except MiniMaxError as problem:
            logger.warning("%s after %.3f s", problem, time.monotonic() - started)
            raise
        finally:
            if once:
                self.close()
        logger.info(
            "%s: HTTP %d after %.3f s, trace %s",
            call,
            answer.http_status,
            time.monotonic() - started,
            answer.trace_id() or "-",
        )
        return answer

    def _sent(self, exchange: Exchange, call: str, **request: Any) -> Response:
        """The answer's head; whatever the libraries raise is "never sent" or "unanswered"."""
        try:
            return self._session().request(
                **request,
                auth=self._auth,
                timeout=(self._connect_timeout, self._read_timeout),
                allow_redirects=False,
                stream=True,
            )
        except FAILURES as problem:
            cause = self._auth.cleared(problem)
            if not exchange.departed:
                raise NeverSent(f"{call}: no connection to the provider") from cause
            kind = TooLate if is_late(problem) else Unanswered
            raise kind(f"{call}: no answer came") from cause

    def _whole(self, call: str, response: Response, cap: int) -> Answer:
        """The answer with its body, at most `cap` bytes of it."""
        answer = Answer(
            call=call,
            http_status=response.status_code,
            headers=response.headers,
            content=b"",
            redact=self._auth.redact,
        )
        try:
            answer = replace(answer, content=self._body_of(response, cap))
        except FAILURES as problem:
            kind = TooLate if is_late(problem) else Unanswered
            raise kind(
                f"{call}: the answer broke off (HTTP {answer.http_status})",
                trace_id=answer.trace_id(),
                http_status=answer.http_status,
            ) from self._auth.cleared(problem)
        finally:
            response.close()
        if len(answer.content) > cap:
            raise answer.nonsense("the answer is absurdly large")
        return answer

    def _body_of(self, response: Response, cap: int) -> bytes:
        """The body, or a little more than `cap` bytes of it."""
        ends = time.monotonic() + self._read_timeout
        content = bytearray()
        while len(content) <= cap and (block := response.raw.read1(_BLOCK, decode_content=True)):
            content += block
            if time.monotonic() > ends:
                raise TimeoutError("the answer drips")
        return bytes(content)

    def _session(self) -> requests.Session:
        """This thread's session: requests does not promise that one may be shared."""
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = _Session()
            session.mount("https://", Carrier())
            session.mount("http://", Carrier())
            session.headers = CaseInsensitiveDict(
                {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
            )
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            # Proxies and certificate bundles of the environment are for the outside only.
            session.trust_env = not is_loopback(self._origin[1])
            self._of_thread.session = session
        return session
