"""Refusals: by code, by HTTP status, and from a gateway."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from voicestudio.minimax import Client, Reason, Refused

from .conftest import CLONE, HTML, SPEECH, ScriptedServer, get_error, http, refusal

CALLS: Final[list[Callable[[Client], Any]]] = [
    lambda client: client.clone_voice(CLONE),
    lambda client: client.generate_speech(SPEECH),
    lambda client: client.upload_file(Path(__file__), purpose="voice_clone", filename="a.wav"),
    lambda client: client.list_files("voice_clone"),
    lambda client: client.delete_file(1, "voice_clone"),
    lambda client: client.list_voices(),
    lambda client: client.delete_voice("Anna2024"),
]


# Source: provider.md, "Codes".
@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        (Reason.UNPROCESSED, [1000]),
        (Reason.SERVER, [1001, 1013, 1024, 1033]),
        (Reason.RATE_LIMIT, [1002, 1039, 1041, 2045]),
        (Reason.AUTHENTICATION, [1004, 2049]),
        (Reason.BALANCE, [1008, 1028, 1030]),
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
        # A code that is not documented says nothing about what was done.
        assert error.outcome_unknown is (reason in {Reason.SERVER, Reason.OTHER})
        assert error.retryable is (reason is Reason.RATE_LIMIT)
        assert (error.http_status, error.trace_id) == (200, "trace-1")
        assert json.loads(error.raw) == refusal(code)
        assert str(error) == f"POST /v1/voice_clone: refused (code {int(code)}, HTTP 200)"


@pytest.mark.parametrize(
    ("status", "body", "code", "reason", "unknown"),
    [
        ("400 Bad Request", "no", None, Reason.INVALID, True),
        ("400 Bad Request", refusal(0), 0, Reason.INVALID, True),
        ("400 Bad Request", refusal(4711), 4711, Reason.INVALID, True),
        ("400 Bad Request", refusal(2013), 2013, Reason.INVALID, False),
        ("400 Bad Request", {"odd": {}}, None, Reason.INVALID, True),
        ("401 Unauthorized", {"error": {"message": "m"}}, None, Reason.AUTHENTICATION, False),
        ("402 Payment Required", {}, None, Reason.BALANCE, False),
        ("403 Forbidden", {"error": "m"}, None, Reason.AUTHENTICATION, False),
        ("403 Forbidden", {"message": "m", "data": "not now"}, None, Reason.AUTHENTICATION, False),
        ("404 Not Found", "404 page not found", None, Reason.UNSUPPORTED, False),
        ("405 Method Not Allowed", "", None, Reason.UNSUPPORTED, False),
        ("408 Request Timeout", "", None, Reason.SERVER, True),
        ("413 Too Large", HTML, None, Reason.INVALID, False),
        ("418 Teapot", HTML, None, Reason.OTHER, True),
        ("422 Unprocessable", {"detail": []}, None, Reason.INVALID, False),
        ("429 Slow", {"error": {"message": "m", "code": 429}}, None, Reason.RATE_LIMIT, False),
        ("429 Slow", refusal(1008), 1008, Reason.BALANCE, False),
        ("429 Slow", "You exceeded your current quota", None, Reason.BALANCE, False),
        ("403 No", b"<html>insufficient_quota</html>", None, Reason.BALANCE, False),
        ("503 No", "error code: 1008", None, Reason.SERVER, True),
        ("429 Slow", refusal(0), 0, Reason.RATE_LIMIT, True),
        ("401 Unauthorized", refusal(0), 0, Reason.AUTHENTICATION, True),
        ("200 OK", refusal(1002) | {"demo_audio": "http://a/b"}, 1002, Reason.RATE_LIMIT, True),
        ("200 OK", refusal(1002) | {"data": {"audio": "494433"}}, 1002, Reason.RATE_LIMIT, True),
        ("200 OK", refusal(1002) | {"data": None}, 1002, Reason.RATE_LIMIT, False),
        ("500 Oops", {"error": {"code": "1008"}}, 1008, Reason.BALANCE, False),
        ("500 Oops", refusal(2013), 2013, Reason.INVALID, False),
        ("500 Oops", refusal(0), 0, Reason.SERVER, True),
        ("500 Oops", refusal(4711), 4711, Reason.SERVER, True),
        ("501 No", HTML, None, Reason.UNSUPPORTED, False),
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
    assert error.retryable is (reason is Reason.RATE_LIMIT and not unknown)
    assert (error.http_status, error.trace_id) == (int(status[:3]), "trace-1")


def gateway_error(message: str, code: Any = "bad_response", kind: str = "upstream_error") -> Any:
    return {"error": {"message": message, "type": kind, "code": code}}


@pytest.mark.parametrize(
    ("status", "body", "code", "reason", "unknown"),
    [
        (400, gateway_error("minimax clone error: 1001 - request timeout"), 1001, "server", True),
        (500, gateway_error("minimax clone error: 1001 - request timeout"), 1001, "server", True),
        (400, gateway_error("minimax t2a error: 1002 - rate limit"), 1002, "rate_limit", False),
        (500, gateway_error("error: 1002 - x, error: 1001 - y", "1002"), 1001, "server", True),
        (400, gateway_error("1008 - insufficient balance"), 1008, "balance", False),
        (400, gateway_error('{"base_resp": {"status_code": 2039}}'), 2039, "taken", False),
        (400, {"error": "minimax error: 2013 - invalid params"}, 2013, "invalid", False),
        (400, {"message": "error code: 1026, sensitive"}, 1026, "content", False),
        (400, gateway_error("minimax error: 4711 - odd"), None, "invalid", True),
        (400, gateway_error("at most 1000 characters"), None, "invalid", True),
        (400, gateway_error("error: 1001.5 ms"), None, "invalid", True),
        (400, gateway_error("bad request", "1" * 5000), None, "invalid", True),
        (400, gateway_error("bad field", "x", "invalid_request_error"), None, "invalid", False),
        (403, gateway_error("no", "insufficient_user_quota"), None, "balance", False),
        (429, gateway_error("no", "insufficient_quota"), None, "balance", False),
        (429, gateway_error("You exceeded your current quota", None, ""), None, "balance", False),
        (429, gateway_error("saturated"), None, "rate_limit", False),
        (503, gateway_error("no available channel for it", "new_api"), None, "plan", False),
        (200, {"error": {"code": "api_not_found"}}, None, "unsupported", False),
        (200, {"error": {"code": "bad_response"}}, None, "other", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", CALLS)
def test_text_of_a_gateway_is_read_for_every_call(
    client: Client, provider: ScriptedServer, call: Callable[[Client], Any], status: int,
    body: Any, code: int | None, reason: str, unknown: bool,
) -> None:  # fmt: skip
    provider.will_send(http(body, f"{status} Odd"))

    error = get_error(Refused, lambda: call(client))

    assert (error.status_code, error.reason, error.outcome_unknown) == (code, reason, unknown)
    assert error.retryable is (reason == "rate_limit")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "bad key"}}, "bad key"),
        ({"error": {"type": "auth"}}, "auth"),
        ({"error": "bad key"}, "bad key"),
        ({"message": "bad key"}, "bad key"),
        ({"error": [1]}, ""),
        ({"error": {"code": "no_key"}}, "no_key"),
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


RATE_LIMIT_TEXT = {"message": "minimax error: 1002 - rate limit"}


@pytest.mark.parametrize(
    "body",
    [
        {"base_resp": {"status_code": 0}, "error": RATE_LIMIT_TEXT},
        {**refusal(1002), "audio": "494433"},
        {**refusal(1002), "data": {"audio": "494433"}},
        {**refusal(1002), "data": {"audio_url": "https://cdn.example/a.mp3"}},
        {**refusal(1002), "demo_audio": "https://cdn.example/a.mp3"},
        {**refusal(1002), "data": {"demo_audio": "https://cdn.example/a.mp3"}},
        {**refusal(1002), "url": "https://cdn.example/a.mp3"},
        {**refusal(1002), "data": "494433"},
        {**refusal(1002), "data": {"data": {"audio": "494433"}}},
    ],
)
@pytest.mark.parametrize("call", CALLS[:2])
def test_slow_down_around_a_success_is_not_repeated(
    client: Client, provider: ScriptedServer, call: Callable[[Client], Any], body: Any
) -> None:
    provider.will_send(http(body, "429 Slow"))

    error = get_error(Refused, lambda: call(client))

    assert (error.retryable, error.outcome_unknown) == (False, True)
