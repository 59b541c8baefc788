"""MiniMax: what gateways put around the provider's answers.

Source: provider.md, "Gateways".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .errors import REASONS, Reason

# What a gateway itself answers before it has passed anything on, by its own words.
_WORDS: Final = {
    "insufficient_quota": Reason.BALANCE,
    "insufficient_user_quota": Reason.BALANCE,
    "pre_consume_token_quota_failed": Reason.BALANCE,
    "billing_hard_limit_reached": Reason.BALANCE,
    "rate_limit_error": Reason.RATE_LIMIT,
    "rate_limit_exceeded": Reason.RATE_LIMIT,
    "api_not_found": Reason.UNSUPPORTED,
    "model_not_found": Reason.PLAN,
    "invalid_api_key": Reason.AUTHENTICATION,
    "authentication_error": Reason.AUTHENTICATION,
    "permission_error": Reason.AUTHENTICATION,
    "invalid_request": Reason.INVALID,
    "invalid_request_error": Reason.INVALID,
}
# The same in sentences, where a gateway sends no word for it.
_SENTENCES: Final = (
    (r"insufficient.{0,12}(quota|balance|credit)", Reason.BALANCE),
    ("exceeded your current quota|余额不足|额度不足", Reason.BALANCE),
    ("no available channel|无可用渠道", Reason.PLAN),
)
# As in "minimax voice clone error: 1001 - request timeout" and "1001 - request timeout".
_CODE_IN_TEXT: Final = re.compile(
    r"(?:(?:error|code)\W{1,6}|^\s*)(\d{4,5})\b(?!\s*[.,]?\d)", re.IGNORECASE
)


@dataclass(frozen=True)
class GatewayError:
    """The error of a gateway: the provider's code where its text names one.

    `denial` is the reason where the gateway says plainly that it did not pass the request on.
    """

    code: int | None
    message: str
    denial: Reason | None


def parse_gateway_error(body: Mapping[str, Any]) -> GatewayError:
    """Read `{"error": {"message", "type", "code"}}`, `{"error": "..."}` or a bare `message`.

    Only codes that MiniMax documents are believed: a gateway's own numbers mean something else.
    """
    error = body.get("error")
    if isinstance(error, dict):
        parts = [error.get(name) for name in ("code", "type", "message")]
    else:
        parts = [body.get("code"), error, body.get("message") or body.get("msg")]
    code, kind, text = (str(part) if isinstance(part, str | int) else "" for part in parts)
    message = text or kind or ("" if code.isdigit() else code)
    numbers = [code, *_CODE_IN_TEXT.findall(text), *_CODE_IN_TEXT.findall(kind)]
    # No code is longer; Python refuses to read a number of thousands of digits.
    found = [int(number) for number in numbers if re.fullmatch(r"[0-9]{1,9}", number)]
    # A gateway that has tried twice names both codes: an unclear first one is not undone by a
    # "slow down" to the second.
    known = sorted(filter(REASONS.__contains__, found), key=lambda n: REASONS[n] != Reason.SERVER)
    return GatewayError(
        code=next(iter(known), None),
        message=message,
        denial=_WORDS.get(code) or _find_denial(message) or _WORDS.get(kind),
    )


def parse_page(text: str) -> GatewayError:
    """Read an error that is no JSON: a page or a sentence of a gateway or proxy.

    Its numbers are not the provider's ("error code: 1008" is one of Cloudflare's own).
    """
    return GatewayError(code=None, message="", denial=_find_denial(text))


def unwrap(body: dict[str, Any]) -> dict[str, Any]:
    """Return the provider's answer from an envelope `{"code": 0, "data": {...}}` around it."""
    inner = body.get("data")
    if "base_resp" not in body and isinstance(inner, dict) and "base_resp" in inner:
        return inner
    return body


def _find_denial(message: str) -> Reason | None:
    lowered = message.lower()
    return next((reason for text, reason in _SENTENCES if re.search(text, lowered)), None)
