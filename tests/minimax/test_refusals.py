"""An answered "no", by its code, by its HTTP status and by a gateway."""

import json
from typing import Any

import pytest

from voicestudio.minimax import Client, CloneRequest, Reason, Refused

from .conftest import Scripted, http

REQUEST = CloneRequest(7, "Anna2024")


def no(code: Any, message: str = "why") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


@pytest.mark.parametrize(
    ("code", "reason", "unknown", "repeat"),
    [
        (1000, Reason.UNPROCESSED, False, False),
        (1001, Reason.SERVER, True, False),
        (1002, Reason.RATE_LIMIT, False, True),
        (1004, Reason.AUTHENTICATION, False, False),
        (1008, Reason.BALANCE, False, False),
        (1013, Reason.SERVER, True, False),
        (1024, Reason.SERVER, True, False),
        (1026, Reason.CONTENT, False, False),
        (1027, Reason.CONTENT, False, False),
        (1033, Reason.SERVER, True, False),
        (1039, Reason.RATE_LIMIT, False, True),
        (1041, Reason.RATE_LIMIT, False, True),
        (1042, Reason.INVALID, False, False),
        (1043, Reason.MISMATCH, False, False),
        (1044, Reason.MISMATCH, False, False),
        (2013, Reason.INVALID, False, False),
        (2037, Reason.LENGTH, False, False),
        (2038, Reason.PLAN, False, False),
        (2039, Reason.TAKEN, False, False),
        (2042, Reason.OTHER_ACCOUNT, False, False),
        (2045, Reason.RATE_LIMIT, False, True),
        (2048, Reason.LENGTH, False, False),
        (2049, Reason.AUTHENTICATION, False, False),
        (2054, Reason.NOT_FOUND, False, False),
        (2056, Reason.PLAN, False, False),
        (2061, Reason.PLAN, False, False),
        (20132, Reason.NOT_FOUND, False, False),
        (4711, Reason.OTHER, False, False),
        (-1, Reason.OTHER, False, False),
        ("2039", Reason.TAKEN, False, False),
    ],
)
def test_code_becomes_a_refusal_with_its_reason(
    client: Client, provider: Scripted, code: Any, reason: Reason, unknown: bool, repeat: bool
) -> None:
    provider.says(http(no(code)))

    with pytest.raises(Refused) as caught:
        client.clone(REQUEST)

    problem = caught.value
    assert (problem.status_code, problem.status_msg) == (int(code), "why")
    assert (problem.reason, problem.outcome_unknown, problem.retryable) == (reason, unknown, repeat)
    assert (problem.http_status, problem.trace_id) == (200, "trace-1")
    assert json.loads(problem.raw) == no(code)
    assert str(problem) == f"POST /v1/voice_clone: refused (code {int(code)}, HTTP 200)"


HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@pytest.mark.parametrize(
    ("status", "body", "code", "reason", "unknown", "repeat"),
    [
        ("400 Bad Request", "no", None, Reason.INVALID, False, False),
        (
            "401 Unauthorized",
            {"error": {"message": "m"}},
            None,
            Reason.AUTHENTICATION,
            False,
            False,
        ),
        ("402 Payment Required", {}, None, Reason.BALANCE, False, False),
        ("403 Forbidden", {"error": "m"}, None, Reason.AUTHENTICATION, False, False),
        ("404 Not Found", "404 page not found", None, Reason.UNSUPPORTED, False, False),
        ("405 Method Not Allowed", "", None, Reason.UNSUPPORTED, False, False),
        ("408 Request Timeout", "", None, Reason.SERVER, True, False),
        ("413 Too Large", HTML, None, Reason.INVALID, False, False),
        ("418 Teapot", HTML, None, Reason.OTHER, False, False),
        ("422 Unprocessable", {"detail": []}, None, Reason.INVALID, False, False),
        (
            "429 Slow",
            {"error": {"message": "m", "code": 429}},
            None,
            Reason.RATE_LIMIT,
            False,
            True,
        ),
        ("429 Slow", no(1008), 1008, Reason.BALANCE, False, False),
        ("500 Oops", {"error": {"code": "1008"}}, 1008, Reason.BALANCE, False, False),
        ("500 Oops", no(2013), 2013, Reason.INVALID, False, False),
        ("500 Oops", no(0), 0, Reason.SERVER, True, False),
        ("500 Oops", no(4711), 4711, Reason.SERVER, True, False),
        ("502 Bad Gateway", HTML, None, Reason.SERVER, True, False),
        ("503 Unavailable", {"error": {"message": "m"}}, None, Reason.SERVER, True, False),
        ("504 Timeout", [], None, Reason.SERVER, True, False),
        ("599 Odd", b"\xff\xfe\x00", None, Reason.SERVER, True, False),
        ("200 OK", {"error": {"message": "m"}}, None, Reason.OTHER, True, False),
        ("200 OK", {"error": {"code": 2049}}, 2049, Reason.AUTHENTICATION, False, False),
    ],
)
def test_http_status_becomes_a_refusal_with_its_reason(
    client: Client,
    provider: Scripted,
    status: str,
    body: Any,
    code: int | None,
    reason: Reason,
    unknown: bool,
    repeat: bool,
) -> None:
    provider.says(http(body, status))

    with pytest.raises(Refused) as caught:
        client.clone(REQUEST)

    problem = caught.value
    assert (problem.status_code, problem.reason) == (code, reason)
    assert (problem.outcome_unknown, problem.retryable) == (unknown, repeat)
    assert (problem.http_status, problem.trace_id) == (int(status[:3]), "trace-1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "bad key"}}, "bad key"),
        ({"error": {"type": "auth"}}, "auth"),
        ({"error": "bad key"}, "bad key"),
        ({"message": "bad key"}, "bad key"),
        ({"error": [1]}, ""),
        (no(1004, "login fail"), "login fail"),
        ({"base_resp": {"status_code": 1004, "status_msg": {"odd": 1}}}, ""),
    ],
)
def test_gateway_message_is_kept_for_support(
    client: Client, provider: Scripted, body: dict[str, Any], message: str
) -> None:
    provider.says(http(body, "401 Unauthorized"))

    with pytest.raises(Refused) as caught:
        client.get_voice()

    assert caught.value.status_msg == message


def test_call_that_a_gateway_lacks_is_unsupported(client: Client, provider: Scripted) -> None:
    missing = http("404 page not found", "404 Not Found", headers={"Content-Type": "text/plain"})
    provider.says(missing, missing, missing, missing)

    for call in (
        lambda: client.list_files("voice_clone"),
        lambda: client.delete_file(1, "voice_clone"),
        client.get_voice,
        lambda: client.delete_voice("Anna2024"),
    ):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.reason is Reason.UNSUPPORTED
