"""MiniMax: from the bytes of an answer to a JSON object, or to the right error of the family."""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from .errors import REASONS, Nonsense, Reason, Refused

BODY_CAP: Final = 1024 * 1024  # bytes of an answer without audio in it
RAW_KEPT: Final = 4096  # characters of a body that an error carries
INT64_MAX: Final = 2**63 - 1
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL and UTF-8 refuse these


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What every good answer keeps for support."""

    status_code: int
    status_msg: str
    trace_id: str
    http_status: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One whole HTTP answer; `call` is method and path, for messages."""

    call: str
    http_status: int
    # Not in repr(), since a provider may echo the key.
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    redact: Callable[[str], str] = field(repr=False)

    @property
    def raw(self) -> str:
        """The body as text, at most 4 KB, without the key."""
        # The key is taken out before the cut, which could leave half of it.
        text = self.redact(self.content[:BODY_CAP].decode("utf-8", "replace"))
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)[:RAW_KEPT]

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from the Retry-After header (seconds or a date)."""
        return seconds_until(self.headers.get("Retry-After", ""))

    def trace_id(self, body: Mapping[str, Any] | None = None) -> str:
        """The Trace-Id header (any letter case), else the body's `trace_id`."""
        traced = self.headers.get("Trace-Id") or text_in(body or {}, "trace_id")
        # One line of a log, whatever stands in it.
        return self.redact("".join(filter(str.isprintable, traced)).strip())[:200]

    def nonsense(self, what: str, body: Mapping[str, Any] | None = None) -> Nonsense:
        """The error for an answer that cannot be understood."""
        code, message = verdict_of(body or {})
        return Nonsense(
            f"{self.call}: {what} (HTTP {self.http_status})",
            status_code=code,
            status_msg=message,
            trace_id=self.trace_id(body),
            http_status=self.http_status,
            raw=self.raw,
            retry_after=self.retry_after,
        )

    def judged(self, *, verdict_needed: bool) -> tuple[dict[str, Any], Answered]:
        """The JSON object of an answer that says yes, and what to keep of it.

        Without `verdict_needed` a missing `base_resp` is no failure: the data is proof enough.
        Raises Refused and Nonsense.
        """
        try:
            body = self._object()
        except ValueError as problem:
            if self.http_status >= 400:
                raise self._refused({}) from problem
            raise self.nonsense(str(problem)) from problem
        code, message = verdict_of(body)
        if self.http_status >= 400 or code not in {None, 0} or (code is None and body.get("error")):
            raise self._refused(body)
        if not 200 <= self.http_status < 300:
            raise self.nonsense("a redirect instead of an answer", body)
        if code is None and (verdict_needed or body.get("base_resp") is not None):
            raise self.nonsense("base_resp is missing or unreadable", body)
        return body, Answered(
            status_code=code or 0,
            status_msg=message,
            trace_id=self.trace_id(body),
            http_status=self.http_status,
        )

    def _object(self) -> dict[str, Any]:
        """The body as a JSON object of storable values; raises ValueError."""
        try:
            body = json.loads(self.content, parse_constant=lambda _: None)
            body = self._storable(body)
        except (ValueError, RecursionError):
            # Not chained: the decoder's error holds the whole body, key and all.
            raise ValueError("the body is not JSON") from None
        if not isinstance(body, dict):
            raise ValueError("the body is not a JSON object")
        return body

    def _storable(self, value: Any) -> Any:
        """The same value without the key and without what a database refuses to store."""
        if isinstance(value, str):
            clean = self.redact(value)
            return clean if clean.isascii() and "\0" not in clean else _UNSTORABLE.sub("", clean)
        if isinstance(value, dict):
            return {self._storable(key): self._storable(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._storable(item) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    def _refused(self, body: Mapping[str, Any]) -> Refused:
        """The error for an answered "no", whether MiniMax's or a gateway's."""
        code, message = verdict_of(body)
        if code in {None, 0}:
            gateway_code, gateway_message = gateway_error_of(body)
            # A gateway's own numbers mean something else; MiniMax's, passed on, are believed.
            code = gateway_code if gateway_code in REASONS else code
            message = gateway_message or message
        said = f"code {code}, " if code is not None else ""
        return Refused(
            f"{self.call}: refused ({said}HTTP {self.http_status})",
            reason=Reason.OTHER if self.http_status < 400 and code is None else None,
            status_code=code,
            status_msg=message[:1000],
            trace_id=self.trace_id(body),
            http_status=self.http_status,
            raw=self.raw,
            retry_after=self.retry_after,
        )


def verdict_of(body: Mapping[str, Any]) -> tuple[int | None, str]:
    """`base_resp` as (status code, message); the code is None where there is none to read."""
    base = object_in(body, "base_resp")
    return whole(base.get("status_code")), text_in(base, "status_msg")[:1000]


def gateway_error_of(body: Mapping[str, Any]) -> tuple[int | None, str]:
    """A gateway's `{"error": {"message", "code"}}` or `{"error": "..."}`, or a bare message."""
    error = body.get("error")
    if isinstance(error, dict):
        return whole(error.get("code")), text_in(error, "message") or text_in(error, "type")
    if isinstance(error, str):
        return None, error
    return None, text_in(body, "message") or text_in(body, "msg")


def whole(value: Any) -> int | None:
    """An int64 from a JSON integer or a string of digits; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,19}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -INT64_MAX <= value <= INT64_MAX:
        return value
    return None


def object_in(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of that name, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in the list of that name; nothing else of it."""
    value = body.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_in(body: Mapping[str, Any], name: str) -> str:
    """The text of that name, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def seconds_until(value: str) -> float | None:
    """Seconds meant by a Retry-After header, never negative; None where it says nothing."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value, re.ASCII):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000" says: UTC, zone unknown
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.fromtimestamp(time.time(), UTC)).total_seconds(), 0.0)
