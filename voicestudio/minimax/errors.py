"""MiniMax: the one family of errors that the client raises."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why the provider said no; coarse, for decisions. Words for people follow from the code."""

    AUTHENTICATION = "authentication"  # wrong key, or key and host of different regions
    RATE_LIMIT = "rate_limit"
    BALANCE = "balance"
    PLAN = "plan"  # not in the account's plan, or the account is not verified
    CONTENT = "content"  # moderation
    MISMATCH = "mismatch"  # what is said is not what was typed
    LENGTH = "length"
    INVALID = "invalid"
    TAKEN = "taken"  # the voice ID exists
    ABSENT = "absent"  # no such file, voice or link
    FOREIGN = "foreign"  # belongs to another account
    UNPROCESSED = "unprocessed"  # "unknown error", often a damaged recording
    SERVER = "server"
    UNSUPPORTED = "unsupported"  # this gateway does not offer the call
    OTHER = "other"


# Source: provider.md, "Codes".
REASONS: Final = {
    1000: Reason.UNPROCESSED,
    1001: Reason.SERVER,
    1002: Reason.RATE_LIMIT,
    1004: Reason.AUTHENTICATION,
    1008: Reason.BALANCE,
    1013: Reason.SERVER,
    1024: Reason.SERVER,
    1026: Reason.CONTENT,
    1027: Reason.CONTENT,
    1033: Reason.SERVER,
    1039: Reason.RATE_LIMIT,
    1041: Reason.RATE_LIMIT,
    1042: Reason.INVALID,
    1043: Reason.MISMATCH,
    1044: Reason.MISMATCH,
    2013: Reason.INVALID,
    2037: Reason.LENGTH,
    2038: Reason.PLAN,
    2039: Reason.TAKEN,
    2042: Reason.FOREIGN,
    2045: Reason.RATE_LIMIT,
    2048: Reason.LENGTH,
    2049: Reason.AUTHENTICATION,
    2054: Reason.ABSENT,
    2056: Reason.PLAN,
    2061: Reason.PLAN,
    20132: Reason.ABSENT,
}
# What an HTTP status means where no code of the provider's says it better.
HTTP_REASONS: Final = {
    400: Reason.INVALID,
    401: Reason.AUTHENTICATION,
    402: Reason.BALANCE,
    403: Reason.AUTHENTICATION,
    404: Reason.UNSUPPORTED,
    405: Reason.UNSUPPORTED,
    408: Reason.SERVER,
    413: Reason.INVALID,
    415: Reason.INVALID,
    422: Reason.INVALID,
    429: Reason.RATE_LIMIT,
    499: Reason.SERVER,
}
TIMED_OUT_ON_THE_WAY: Final = frozenset({408, 499})


class MiniMaxError(Exception):
    """Any failure of a call; never holds the key.

    `status_code` and `status_msg` are the provider's, `raw` is the body, at most 4 KB,
    `retry_after` is in seconds. `str()` is for logs, never for people.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        status_msg: str = "",
        trace_id: str = "",
        http_status: int | None = None,
        raw: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.status_msg = status_msg
        self.trace_id = trace_id
        self.http_status = http_status
        self.raw = raw
        self.retry_after = retry_after

    @property
    def outcome_unknown(self) -> bool:
        """May a call that must not be repeated have been done all the same?"""
        return False

    @property
    def may_repeat(self) -> bool:
        """Is it certain that nothing was done, and will the same call do later?"""
        return False


class NeverSent(MiniMaxError):  # noqa: N818 - the family reads as answers, not as mistakes
    """No connection (refused, DNS, TLS, connect time-out): nothing of the request left."""

    @property
    def may_repeat(self) -> bool:
        """Nothing was sent, so nothing can happen twice."""
        return True


class Unanswered(MiniMaxError):  # noqa: N818
    """Sent, at least in part, but no whole answer came: time-out, broken line, truncated body."""

    @property
    def outcome_unknown(self) -> bool:
        """It may have been done."""
        return True


class TooLate(Unanswered):
    """Sent, and no whole answer within the time-out."""


class Refused(MiniMaxError):  # noqa: N818
    """The provider, or the gateway before it, answered "no"."""

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        status_code: int | None = None,
        status_msg: str = "",
        trace_id: str = "",
        http_status: int | None = None,
        raw: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            status_msg=status_msg,
            trace_id=trace_id,
            http_status=http_status,
            raw=raw,
            retry_after=retry_after,
        )
        self.reason = reason or reason_of(status_code, http_status)

    @property
    def outcome_unknown(self) -> bool:
        """True where the "no" comes from a part that does not know what the others did.

        Source: provider.md, codes 1001, 1013, 1024 and 1033. A code that is a plain "no" is
        believed whatever HTTP status it travels with.
        """
        if self.status_code in REASONS:
            return REASONS[self.status_code] is Reason.SERVER
        if self.http_status is None or self.http_status < 400:
            # A gateway's complaint under HTTP 200 does not say how far the call came.
            return self.status_code is None
        return self.http_status >= 500 or self.http_status in TIMED_OUT_ON_THE_WAY

    @property
    def may_repeat(self) -> bool:
        """True for an explicit "slow down" only: 1002, 1039, 1041, 2045 or HTTP 429."""
        return self.reason is Reason.RATE_LIMIT


class Nonsense(MiniMaxError):  # noqa: N818
    """An answer that makes no sense: not JSON, a field missing, a redirect."""

    @property
    def outcome_unknown(self) -> bool:
        """A garbled "yes" may still be a yes; a redirect or a 4xx is none."""
        return self.http_status is None or not 300 <= self.http_status < 500


class Why(StrEnum):
    """Why a download was refused by us."""

    URL = "url"  # not an http(s) address, or one with a user name in it
    ADDRESS = "address"  # leads into a private network
    REDIRECTS = "redirects"
    SIZE = "size"
    LATE = "late"


class DownloadRefused(MiniMaxError):  # noqa: N818
    """A download that we do not make or do not finish: forbidden, too large or too slow."""

    def __init__(
        self,
        message: str,
        *,
        why: Why = Why.URL,
        trace_id: str = "",
        http_status: int | None = None,
    ) -> None:
        super().__init__(message, trace_id=trace_id, http_status=http_status)
        self.why = why


def reason_of(status_code: int | None, http_status: int | None) -> Reason:
    """The reason behind a code, else behind an HTTP status, else OTHER."""
    if status_code in REASONS:
        return REASONS[status_code]
    if http_status in HTTP_REASONS:
        return HTTP_REASONS[http_status]
    if http_status is not None and http_status >= 500:
        return Reason.SERVER
    return Reason.OTHER


def is_late(problem: BaseException | None) -> bool:
    """Did this failure of a connection, or what lies beneath it, run out of time?"""
    seen: list[BaseException] = []
    waiting = [problem]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or one in seen:
            continue
        if isinstance(one, TimeoutError) or "Timeout" in type(one).__name__:
            return True
        seen.append(one)
        # requests and urllib3 put what they wrap into `args` and `reason`, not only into the chain.
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return False
