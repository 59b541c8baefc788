"""MiniMax: the exceptions that the client raises."""

from enum import StrEnum
from typing import Any, Final


class Reason(StrEnum):
    """Why the provider refused a call; coarse, for decisions. Messages follow from the code."""

    AUTHENTICATION = "authentication"  # wrong key, or key and host of different regions
    RATE_LIMIT = "rate_limit"
    BALANCE = "balance"
    PLAN = "plan"  # not in the account's plan, or the account is not verified
    CONTENT = "content"  # moderation
    MISMATCH = "mismatch"  # the spoken words differ from the text
    LENGTH = "length"
    INVALID = "invalid"
    TAKEN = "taken"  # the voice ID exists
    NOT_FOUND = "not_found"  # no such file, voice or link
    OTHER_ACCOUNT = "other_account"  # belongs to another account
    UNPROCESSED = "unprocessed"  # "unknown error", often a damaged recording
    SERVER = "server"
    UNSUPPORTED = "unsupported"  # the gateway does not offer the call
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
    1028: Reason.BALANCE,
    1030: Reason.BALANCE,
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
    2042: Reason.OTHER_ACCOUNT,
    2045: Reason.RATE_LIMIT,
    2048: Reason.LENGTH,
    2049: Reason.AUTHENTICATION,
    2054: Reason.NOT_FOUND,
    2056: Reason.PLAN,
    2061: Reason.PLAN,
    20132: Reason.NOT_FOUND,
}
# The reason behind an HTTP status, used where the provider gives no code.
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
    501: Reason.UNSUPPORTED,
}
# An HTTP status that is only sent before a request is carried out. 400 is none of them: gateways
# send it around every error of the provider, also around a time-out.
DENIAL_STATUSES: Final = frozenset(
    {401, 402, 403, 404, 405, 411, 413, 414, 415, 422, 429, 431, 501}
)


class MiniMaxError(Exception):
    """Base class: any failed call. Never contains the key.

    `status_code` and `status_msg` come from `base_resp`, `raw` is the body, at most 4,096
    characters (`raw_is_whole` if that is all of it), `retry_after` is in seconds. `str()` is for
    logs, never for users.
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
        raw_is_whole: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.status_msg = status_msg
        self.trace_id = trace_id
        self.http_status = http_status
        self.raw = raw
        self.raw_is_whole = raw_is_whole
        self.retry_after = retry_after

    @property
    def outcome_unknown(self) -> bool:
        """Whether the provider may have carried out the call all the same."""
        return False

    @property
    def retryable(self) -> bool:
        """Whether nothing was done for certain and the same call may succeed later."""
        return False


class NotSent(MiniMaxError):  # noqa: N818 - named for outcomes
    """No connection (refused, DNS, TLS, connect timeout): no byte of the request was sent."""

    @property
    def retryable(self) -> bool:
        """True: a call that was not sent cannot happen twice."""
        return True


class NoAnswer(MiniMaxError):  # noqa: N818
    """Sent, at least in part, but no whole answer: timeout, broken connection, truncated body."""

    @property
    def outcome_unknown(self) -> bool:
        """True: the provider may have received the whole request."""
        return True


class AnswerTimeout(NoAnswer):
    """Sent, and no whole answer within the timeout."""


class Refused(MiniMaxError):  # noqa: N818
    """The provider, or a gateway in front of it, refused the call.

    `denied` means that a gateway says that it did not pass the request on, `contradictory` that
    the same answer also holds a sign of success.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        denied: bool = False,
        contradictory: bool = False,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.denied = denied
        self.contradictory = contradictory
        self.reason = reason or find_reason(self.status_code, self.http_status)

    @property
    def outcome_unknown(self) -> bool:
        """True unless the answer says that nothing was done.

        Source: provider.md, codes 1001, 1013, 1024 and 1033. A known code decides, whatever the
        HTTP status; a code that is not documented says nothing.
        """
        if self.contradictory:
            return True
        if self.status_code in REASONS:
            return REASONS[self.status_code] is Reason.SERVER
        return not self.denied and self.http_status not in DENIAL_STATUSES

    @property
    def retryable(self) -> bool:
        """True only for an explicit rate limit: 1002, 1039, 1041, 2045 or HTTP 429."""
        return self.reason is Reason.RATE_LIMIT and not self.outcome_unknown


class InvalidAnswer(MiniMaxError):  # noqa: N818
    """An answer that cannot be understood: not JSON, a field missing, a redirect."""

    @property
    def outcome_unknown(self) -> bool:
        """True unless the HTTP status rules out success: a redirect, or a denial."""
        status = self.http_status or 0
        return not (300 <= status < 400 or status in DENIAL_STATUSES)


class BlockReason(StrEnum):
    """Why this client blocked a download."""

    URL = "url"  # not an http(s) URL, or one with a user name
    ADDRESS = "address"  # leads into a private network
    REDIRECTS = "redirects"
    SIZE = "size"
    TIMEOUT = "timeout"


class DownloadBlocked(MiniMaxError):  # noqa: N818
    """A download that this client does not start or finish: not allowed, too large or too slow."""

    def __init__(
        self, message: str, *, reason: BlockReason = BlockReason.URL, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.reason = reason


def find_reason(status_code: int | None, http_status: int | None) -> Reason:
    """Return the reason behind a code, else behind an HTTP status, else OTHER."""
    if status_code in REASONS:
        return REASONS[status_code]
    if http_status in HTTP_REASONS:
        return HTTP_REASONS[http_status]
    if http_status is not None and http_status >= 500:
        return Reason.SERVER
    return Reason.OTHER


def is_timeout(error: BaseException | None) -> bool:
    """Whether a connection error, or any error that it wraps, is a timeout."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or current in seen:
            continue
        if isinstance(current, TimeoutError) or "Timeout" in type(current).__name__:
            return True
        seen.append(current)
        # requests and urllib3 keep wrapped errors in `args` and `reason`, not only in the chain.
        waiting += [
            current.__cause__,
            current.__context__,
            getattr(current, "reason", None),
            *current.args,
        ]
    return False
