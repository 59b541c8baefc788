"""Responses: headers, numbers, and bodies that are invalid or too large."""

import gzip
import json
import pickle
from typing import Any

import pytest

from voicestudio.minimax import Client, InvalidAnswer, NoAnswer, Reason, Refused
from voicestudio.minimax.response import parse_int64, parse_retry_after

from .conftest import CLONE, HTML, OK, SPEECH, Reply, ScriptedServer, get_error, http, refusal


@pytest.mark.parametrize("name", ["Trace-Id", "trace-id", "TRACE-ID"])
def test_trace_id_is_kept_in_any_letter_case(
    client: Client, provider: ScriptedServer, name: str
) -> None:
    success, failure = http({"base_resp": OK}), http("gone", "502 Bad Gateway")
    for reply in (success, failure):
        reply.pieces = [piece.replace(b"Trace-Id", name.encode()) for piece in reply.pieces]
    provider.will_send(success, failure)

    assert client.clone_voice(CLONE).trace_id == "trace-1"
    assert get_error(Refused, lambda: client.clone_voice(CLONE)).trace_id == "trace-1"


def test_trace_id_of_the_body_is_used_without_a_header(
    client: Client, provider: ScriptedServer
) -> None:
    body = {"data": None, "trace_id": "trace-2", **refusal(1008)}
    provider.will_send(http(body, headers={"Trace-Id": ""}))

    error = get_error(Refused, lambda: client.generate_speech(SPEECH))

    assert (error.trace_id, error.reason) == ("trace-2", Reason.BALANCE)


def test_refusal_keeps_retry_after_and_survives_pickling(
    client: Client, provider: ScriptedServer
) -> None:
    provider.will_send(http(refusal(1002), "429 Slow", headers={"Retry-After": "7"}))

    error = get_error(Refused, lambda: client.clone_voice(CLONE))

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert error.retry_after == 7.0
    assert (vars(copy), str(copy)) == (vars(error), str(error))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0), (" 0 ", 0.0), ("1.5", 1.5), ("", None), ("soon", None), ("-5", None),
        ("inf", None), ("nan", None), ("٣", None), ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 30.0), ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 30.0), ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_date(
    monkeypatch: pytest.MonkeyPatch, value: str, seconds: float | None
) -> None:
    monkeypatch.setattr("voicestudio.minimax.response.time.time", lambda: 1445412450.0)

    assert parse_retry_after(value) == seconds


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5), ("5", 5), (" -5 ", -5), (2**63 - 1, 2**63 - 1), (2**63, None), (True, None),
        (5.0, None), ("٣", None), ("9" * 30, None), (None, None),
    ],
)  # fmt: skip
def test_int64_is_read_exactly_or_not_at_all(value: Any, number: int | None) -> None:
    assert parse_int64(value) == number


@pytest.mark.parametrize(
    "body",
    [
        "", "success", HTML, "[]", "null", "5", '"text"', '{"base_resp": {"status_code": 0}',
        "{'base_resp': 1}", b"\xff\xfe\xfd", b"\x00" * 40, "[" * 100_000, '{"a":' * 20_000,
        '{"a":' * 900 + "1" + "}" * 900, '{"base_resp": {"status_code": ' + "9" * 5000 + "}}",
    ],
    ids=range(15),
)  # fmt: skip
def test_body_without_a_json_object_is_invalid(
    client: Client, provider: ScriptedServer, body: Any
) -> None:
    provider.will_send(http(body))

    error = get_error(InvalidAnswer, lambda: client.clone_voice(CLONE))

    assert (error.http_status, error.trace_id, error.outcome_unknown) == (200, "trace-1", True)
    assert len(error.raw) <= 4096


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_is_not_followed(client: Client, provider: ScriptedServer, status: str) -> None:
    provider.will_send(http("", status, headers={"Location": provider.url + "/elsewhere"}))

    error = get_error(InvalidAnswer, lambda: client.clone_voice(CLONE))

    assert len(provider.received) == 1
    assert (error.outcome_unknown, error.http_status) == (False, int(status[:3]))


def test_body_of_a_redirect_is_limited(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http(b"x" * 2_000_000, "302 Found", headers={"Location": "http://["}))

    error = get_error(InvalidAnswer, client.list_voices)

    assert "too large" in str(error)
    assert (error.outcome_unknown, error.http_status) == (False, 302)


def test_body_is_limited(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http(b'{"a": "' + b"x" * 2_000_000 + b'"}'))

    error = get_error(InvalidAnswer, client.list_voices)

    assert "too large" in str(error)
    assert (error.trace_id, len(error.raw)) == ("trace-1", 4096)


def test_decompressed_body_is_limited(client: Client, provider: ScriptedServer) -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    provider.will_send(http(bomb, headers={"Content-Encoding": "gzip"}))

    assert "too large" in str(get_error(InvalidAnswer, lambda: client.clone_voice(CLONE)))


def test_compressed_and_chunked_answers_are_read(client: Client, provider: ScriptedServer) -> None:
    body = json.dumps({"base_resp": OK}).encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    provider.will_send(
        http(gzip.compress(body), headers={"Content-Encoding": "gzip"}),
        Reply([head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)], then="keep"),
    )

    assert client.clone_voice(CLONE).status_code == 0
    assert client.clone_voice(CLONE).status_code == 0


def test_damaged_compression_is_no_answer(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http(b"not gzip at all", headers={"Content-Encoding": "gzip"}))

    error = get_error(NoAnswer, lambda: client.clone_voice(CLONE))

    assert (error.http_status, error.trace_id) == (200, "trace-1")


def test_speech_answer_may_be_large(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({"data": {"audio": "00" * 1_000_000}, "base_resp": OK}))

    assert len(client.generate_speech(SPEECH).audio) == 1_000_000


def test_values_that_a_database_cannot_store_are_cleaned(
    client: Client, provider: ScriptedServer
) -> None:
    body = (
        '{"extra_info": {"a\\u0000": "b\\u0000c\\ud83d", "n": NaN, "i": -Infinity, "e": 1e999,'
        ' "emoji": "\\ud83d\\ude00"}, "base_resp": {"status_code": 0, "status_msg": "x\\u0000"}}'
    )
    provider.will_send(http(body))

    answer = client.clone_voice(CLONE)

    assert answer.raw["extra_info"] == {"a": "bc", "n": None, "i": None, "e": None, "emoji": "😀"}
    assert answer.status_msg == "x"
