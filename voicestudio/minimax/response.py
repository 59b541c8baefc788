"""MiniMax: parses the bytes of an HTTP response into a JSON object, or raises the right error."""

import json
import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from . import gateways
from .errors import REASONS, InvalidAnswer, Reason, Refused

logger = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 1024 * 1024  # of a response without audio in it
MAX_RAW_CHARACTERS: Final = 4096  # of a body that an error carries
MAX_DIGITS: Final = 40
INT32_MAX: Final = 2**31 - 1
MAX_DEPTH: Final = 100  # of objects and lists in each other; deeper values are dropped
INT64_MAX: Final = 2**63 - 1
INVALID_PARAMETERS: Final = 2013
# A gateway with several accounts sends a request to one that does not know the file.
_UNKNOWN_FILE: Final = re.compile(r"file.{0,12}(not.{0,4}(found|exist)|unknown)", re.IGNORECASE)
# Where gateways put audio or a link to it: in `data`, in a `data` inside that, or beside them.
_AUDIO_NAMES: Final = ("audio", "audio_url", "url", "demo_audio")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL and UTF-8 refuse these


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Base of every parsed answer: what support asks for."""

    status_code: int
    status_msg: str
    trace_id: str
    http_status: int


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """One HTTP response; `call` is method and path, for messages.

    Unless it `is_whole`, its body broke off.
    """

    call: str
    http_status: int
    # Not in repr(), since a provider may echo the key.
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    redact: Callable[[str], str] = field(repr=False)
    is_whole: bool = True

    @property
    def raw(self) -> str:
        """The body as text without the key, at most 4,096 characters."""
        # The key is removed before the cut, which could leave half of it.
        text = self.redact(self.content[:MAX_BODY_BYTES].decode("utf-8", "replace"))
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)[:MAX_RAW_CHARACTERS]

    @property
    def raw_is_whole(self) -> bool:
        """Whether `raw` holds all of the body: it is a text, and a short one."""
        is_short = len(self.content) <= 4 * MAX_RAW_CHARACTERS
        return is_short and self.raw.encode() == self.body

    @property
    def body(self) -> bytes:
        """The whole body without the key, to be stored."""
        return self.redact(self.content.decode("latin-1")).encode("latin-1")

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from the Retry-After header (seconds or a date)."""
        return parse_retry_after(self.headers.get("Retry-After", ""))

    def trace_id(self, body: Mapping[str, Any] | None = None) -> str:
        """Return the Trace-Id header (any letter case), else the body's `trace_id`."""
        value = self.headers.get("Trace-Id") or get_text(body or {}, "trace_id")
        # Only printable characters, so that it stays one line of a log.
        return self.redact("".join(filter(str.isprintable, value)).strip())[:200]

    def invalid(self, problem: str, body: Mapping[str, Any] | None = None) -> InvalidAnswer:
        """Return the error for a response that cannot be understood."""
        code, message = parse_base_resp(body or {})
        details = self._details(body) | {"status_code": code, "status_msg": message}
        return InvalidAnswer(f"{self.call}: {problem} (HTTP {self.http_status})", **details)

    def _details(self, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what every error carries for support."""
        return {
            "trace_id": self.trace_id(body),
            "http_status": self.http_status,
            "raw": self.raw,
            "raw_is_whole": self.raw_is_whole,
            "retry_after": self.retry_after,
        }

    def plain_success(self) -> Answer:
        """Return what to keep for support of a success that is not JSON."""
        return Answer(
            status_code=0, status_msg="", trace_id=self.trace_id(), http_status=self.http_status
        )

    def parse(self, *, status_required: bool) -> tuple[dict[str, Any], Answer]:
        """Return the JSON object of a successful response, and what to keep of it for support.

        Without `status_required` a missing `base_resp` is accepted: the data proves the success.
        Raises Refused and InvalidAnswer.
        """
        try:
            body = self._parse_object()
        except ValueError as error:
            if self.http_status >= 400:
                raise self._refused({}) from error
            raise self.invalid(str(error)) from error
        code, message = parse_base_resp(body)
        if self.http_status >= 400 or code not in {None, 0} or (code is None and body.get("error")):
            raise self._refused(body)
        if not 200 <= self.http_status < 300:
            raise self.invalid("a redirect instead of an answer", body)
        if code is None and (status_required or body.get("base_resp") is not None):
            raise self.invalid("base_resp is missing or unreadable", body)
        return body, Answer(
            status_code=code or 0,
            status_msg=message,
            trace_id=self.trace_id(body),
            http_status=self.http_status,
        )

    def _parse_object(self) -> dict[str, Any]:
        """Return the body as a JSON object of storable values; raises ValueError."""
        # One odd detail must not hide the rest: bytes in another encoding, raw control characters,
        # a number of thousands of digits.
        encoding = json.detect_encoding(self.content)
        try:
            body = json.loads(
                self.content.decode(encoding, "replace"),
                parse_constant=lambda _: None,
                parse_int=_parse_digits,
                strict=False,
            )
            body = self._clean(body)
        except (ValueError, RecursionError):
            # Not chained: the decoder's error holds the whole body, including an echoed key.
            raise ValueError("the body is not JSON") from None
        if not isinstance(body, dict):
            raise ValueError("the body is not a JSON object")
        return gateways.unwrap(body)

    def _clean(self, value: Any, depth: int = 0) -> Any:
        """Return the value without the key and without what a database refuses to store."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(value, str):
            clean = self.redact(value)
            return clean if clean.isascii() and "\0" not in clean else _UNSTORABLE.sub("", clean)
        if isinstance(value, dict):
            return {self._clean(key): self._clean(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._clean(item, depth + 1) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    def _refused(self, body: Mapping[str, Any]) -> Refused:
        """Return the error for a "no", whether MiniMax's or a gateway's."""
        code, message = parse_base_resp(body)
        says_success, denial = code == 0, None
        if code not in REASONS:
            gateway = gateways.parse_gateway_error(body) if body else gateways.parse_page(self.raw)
            code = gateway.code or code
            message = gateway.message or message
            denial = gateway.denial if code not in REASONS else None
        if code == INVALID_PARAMETERS and _UNKNOWN_FILE.search(message):
            denial = Reason.NOT_FOUND
        code_text = f"code {code}, " if code is not None else ""
        audio = find_audio(body)
        return Refused(
            f"{self.call}: refused ({code_text}HTTP {self.http_status})",
            reason=denial,
            denied=denial is not None,
            # A paid call must not be repeated because of an HTTP 429 around a success, or of a
            # "slow down" that ends a stream of audio. A sentence in `data` belongs to the error.
            contradictory=says_success or bool(audio and " " not in audio),
            status_code=code,
            status_msg=message[:1000],
            **self._details(body),
        )


def _parse_digits(digits: str) -> int | None:
    """Return a JSON integer; None for one that no column and no program could hold."""
    return int(digits) if len(digits) <= MAX_DIGITS else None


def parse_count(body: Mapping[str, Any], name: str) -> int | None:
    """Return a count that fits a column, 0 to 2,147,483,647; None, and a log entry, otherwise."""
    value = body.get(name)
    count = parse_int64(value)
    if count is not None and 0 <= count <= INT32_MAX:
        return count
    if value is not None:
        logger.warning("%s in an answer is not a usable count: %.100r", name, value)
    return None


def parse_base_resp(body: Mapping[str, Any]) -> tuple[int | None, str]:
    """Return `base_resp` as (status code, message); the code is None if it is unreadable."""
    base = get_object(body, "base_resp")
    code = base.get("status_code")
    if isinstance(code, float) and code.is_integer():  # some gateways send 0.0
        code = int(code)
    elif isinstance(code, str):
        code = re.sub(r"\.0+\s*$", "", code)
    return parse_int64(code), get_text(base, "status_msg")[:1000]


def parse_int64(value: Any) -> int | None:
    """Return an int64 from a JSON integer or a string of digits; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,19}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -INT64_MAX <= value <= INT64_MAX:
        return value
    return None


def get_object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object of that name, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def get_objects(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in the list of that name; other items are skipped."""
    value = body.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def get_text(body: Mapping[str, Any], name: str) -> str:
    """Return the text of that name, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def find_audio(body: Mapping[str, Any]) -> str:
    """Return the first text that can be the audio of a preview or a speech, or a link to it."""
    parts = [body]
    while isinstance(inner := parts[-1].get("data"), dict):
        parts.append(inner)
    found = [get_text(part, name).strip() for part in parts[::-1] for name in _AUDIO_NAMES]
    return next(filter(None, found), get_text(parts[-1], "data").strip())


def parse_retry_after(value: str) -> float | None:
    """Return the seconds meant by a Retry-After header, never negative; None if unreadable."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value, re.ASCII):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000" means UTC, zone unknown
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.fromtimestamp(time.time(), UTC)).total_seconds(), 0.0)
