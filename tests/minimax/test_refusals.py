"""Refusals: by code, by HTTP status, and from a gateway."""

import json
from typing import Any

import pytest

from voicestudio.minimax import Client, Reason, Refused

from .conftest import CLONE, HTML, ScriptedServer, get_error, http, refusal


# Source: provider.md, "Codes".
@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        (Reason.UNPROCESSED, [1000]),
        (Reason.SERVER, [1001, 1013, 1024, 1033]),
        (Reason.RATE_LIMIT, [1002, 1039, 1041, 2045]),
        (Reason.AUTHENTICATION, [1004, 2049]),
        (Reason.BALANCE, [1008]),
        (Reason.CONTENT, [1026, 1027]),
        (Reason.INVALID, [1042, 2013]),
        (Reason.MISMATCH, [1043, 1044]),
        (Reason.LENGTH, [2037, 2048]),
        (Reason.PLAN, [2038, 2056, 2061]),
        (Reason.TAKEN, [2039, "2039"]),
        (Reason.OTHER_ACCOUNT, [2042]),
        (Reason.NOT_FOUND, [2054, 20132]),
        (Reason.OTHER, [4711, -1]),
    ],
)
def test_code_gives_the_reason(
    client: Client, provider: ScriptedServer, reason: Reason, codes: list[Any]
) -> None:
    for code in codes:
        provider.will_send(http(refusal(code)))

        error = get_error(Refused, lambda: client.clone_voice(CLONE))

        assert (error.reason, error.status_code, error.status_msg) == (reason, int(code), "reason")
        assert error.outcome_unknown is (reason is Reason.SERVER)
        assert error.retryable is (reason is Reason.RATE_LIMIT)
        assert (error.http_status, error.trace_id) == (200, "trace-1")
        assert json.loads(error.raw) == refusal(code)
        assert str(error) == f"POST /v1/voice_clone: refused (code {int(code)}, HTTP 200)"


@pytest.mark.parametrize(
    ("status", "body", "code", "reason", "unknown"),
    [
        ("400 Bad Request", "no", None, Reason.INVALID, False),
        ("401 Unauthorized", {"error": {"message": "m"}}, None, Reason.AUTHENTICATION, False),
        ("402 Payment Required", {}, None, Reason.BALANCE, False),
        ("403 Forbidden", {"error": "m"}, None, Reason.AUTHENTICATION, False),
        ("404 Not Found", "404 page not found", None, Reason.UNSUPPORTED, False),
        ("405 Method Not Allowed", "", None, Reason.UNSUPPORTED, False),
        ("408 Request Timeout", "", None, Reason.SERVER, True),
        ("413 Too Large", HTML, None, Reason.INVALID, False),
        ("418 Teapot", HTML, None, Reason.OTHER, False),
        ("422 Unprocessable", {"detail": []}, None, Reason.INVALID, False),
        ("429 Slow", {"error": {"message": "m", "code": 429}}, None, Reason.RATE_LIMIT, False),
        ("429 Slow", refusal(1008), 1008, Reason.BALANCE, False),
        ("500 Oops", {"error": {"code": "1008"}}, 1008, Reason.BALANCE, False),
        ("500 Oops", refusal(2013), 2013, Reason.INVALID, False),
        ("500 Oops", refusal(0), 0, Reason.SERVER, True),
        ("500 Oops", refusal(4711), 4711, Reason.SERVER, True),
        ("502 Bad Gateway", HTML, None, Reason.SERVER, True),
        ("503 Unavailable", {"error": {"message": "m"}}, None, Reason.SERVER, True),
        ("504 Timeout", [], None, Reason.SERVER, True),
        ("599 Odd", b"\xff\xfe\x00", None, Reason.SERVER, True),
        ("200 OK", {"error": {"message": "m"}}, None, Reason.OTHER, True),
        ("200 OK", {"error": {"code": 2049}}, 2049, Reason.AUTHENTICATION, False),
    ],
)
def test_http_status_gives_the_reason_without_a_known_code(
    client: Client, provider: ScriptedServer, status: str, body: Any, code: int | None,
    reason: Reason, unknown: bool,
) -> None:  # fmt: skip
    provider.will_send(http(body, status))

    error = get_error(Refused, lambda: client.clone_voice(CLONE))

    assert (error.status_code, error.reason, error.outcome_unknown) == (code, reason, unknown)
    assert error.retryable is (reason is Reason.RATE_LIMIT)
    assert (error.http_status, error.trace_id) == (int(status[:3]), "trace-1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "bad key"}}, "bad key"),
        ({"error": {"type": "auth"}}, "auth"),
        ({"error": "bad key"}, "bad key"),
        ({"message": "bad key"}, "bad key"),
        ({"error": [1]}, ""),
        (refusal(1004, "login fail"), "login fail"),
        ({"base_resp": {"status_code": 1004, "status_msg": {"odd": 1}}}, ""),
    ],
)
def test_message_of_a_gateway_is_kept(
    client: Client, provider: ScriptedServer, body: dict[str, Any], message: str
) -> None:
    provider.will_send(http(body, "401 Unauthorized"))

    assert get_error(Refused, client.list_voices).status_msg == message


def test_call_that_a_gateway_lacks_is_unsupported(client: Client, provider: ScriptedServer) -> None:
    for call in (
        lambda: client.list_files("voice_clone"),
        lambda: client.delete_file(1, "voice_clone"),
        client.list_voices,
        lambda: client.delete_voice("Anna2024"),
    ):
        provider.will_send(http("404 page not found", "404 Not Found"))

        assert get_error(Refused, call).reason is Reason.UNSUPPORTED
