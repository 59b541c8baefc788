"""Practice, faults: failures that a test or a rehearsal injects into the next call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MESSAGES = {
    0: "success",
    1000: "unknown error",
    1001: "request timeout",
    1002: "rate limit exceeded(RPM)",
    1004: "login fail: Please carry the API secret key in the 'Authorization' field",
    1008: "insufficient balance",
    1013: "internal service error",
    1024: "internal error",
    1026: "input new_sensitive",
    1027: "output new_sensitive",
    1033: "downstream service error",
    1039: "rate limit exceeded(TPM)",
    1041: "conn limit exceeded",
    1042: "invisible character ratio limit",
    1043: "asr similarity check failed",
    1044: "clone prompt similarity check failed",
    2013: "invalid params",
    2037: "voice duration too short or too long",
    2038: "voice clone user forbidden",
    2039: "voice clone voice id duplicate",
    2042: "no access to this voice id",
    2045: "rate growth limit",
    2048: "prompt audio too long",
    2049: "invalid api key",
    2054: "voice id not exist",
    2056: "usage limit exceeded",
    2061: "your current token plan not support model",
    20132: "invalid samples or voice_id",
}


def base_resp(status_code: int = 0, status_msg: str | None = None) -> dict[str, Any]:
    """Return the part that every answer has."""
    message = MESSAGES.get(status_code, "error") if status_msg is None else status_msg
    return {"base_resp": {"status_code": status_code, "status_msg": message}}


class Refusal(Exception):  # noqa: N818
    """An error answer: a status code of the provider and its message."""

    def __init__(self, status_code: int, detail: str = "") -> None:
        message = MESSAGES.get(status_code, "error")
        self.status_code = status_code
        self.status_msg = f"{message}, {detail}" if detail else message
        super().__init__(f"{status_code} {self.status_msg}")


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of one call.

    `status_code`, `http_status` or `body` replaces the answer; without any of them the call is
    served as usual (after `delay` seconds, with `headers` added). `after="work"` carries out the
    call before it fails. `action`: "answer"; "drop" closes the connection without an answer;
    "truncate" stops in the middle of the body; "hang" never answers.
    """

    status_code: int | None = None
    status_msg: str | None = None
    http_status: int | None = None
    body: bytes | str | Mapping[str, Any] | None = None
    after: Literal["nothing", "work"] = "nothing"
    action: Literal["answer", "drop", "truncate", "hang"] = "answer"
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def does_work(self) -> bool:
        """Whether the call is carried out."""
        return self.after == "work" or (self.action == "answer" and not self.replaces_answer)

    @property
    def replaces_answer(self) -> bool:
        """Whether another answer is sent."""
        return not (self.status_code is None and self.http_status is None and self.body is None)
