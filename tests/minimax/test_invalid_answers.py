"""Answers that make no sense, or far too much of it."""

import gzip
import json
from typing import Any

import pytest

from voicestudio.minimax import Client, CloneRequest, InvalidAnswer, NoAnswer, SpeechRequest

from .conftest import OK, Scripted, http

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
REQUEST = CloneRequest(7, "Anna2024")
SPEECH = SpeechRequest("Anna2024", "Hello", "speech-2.8-hd")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "success",
        HTML,
        "[]",
        "null",
        "5",
        '"text"',
        '{"base_resp": {"status_code": 0}',
        "{'base_resp': 1}",
        b"\xff\xfe\xfd",
        b"\x00" * 40,
        "[" * 100_000,
        '{"a":' * 20_000,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"base_resp": {"status_code": ' + "9" * 5000 + "}}",
    ],
    ids=range(15),
)
def test_body_that_is_no_json_object_makes_no_sense(
    client: Client, provider: Scripted, body: Any
) -> None:
    provider.says(http(body))

    with pytest.raises(InvalidAnswer) as caught:
        client.clone(REQUEST)

    problem = caught.value
    assert (problem.http_status, problem.trace_id) == (200, "trace-1")
    assert problem.outcome_unknown is True
    assert len(problem.raw) <= 4096


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_is_not_followed_with_the_key(
    client: Client, provider: Scripted, status: str
) -> None:
    provider.says(http("", status, headers={"Location": provider.url + "/elsewhere"}))

    with pytest.raises(InvalidAnswer) as caught:
        client.clone(REQUEST)

    assert len(provider.received) == 1
    assert (caught.value.outcome_unknown, caught.value.http_status) == (False, int(status[:3]))


def test_body_of_a_redirect_is_not_read_to_its_end(client: Client, provider: Scripted) -> None:
    provider.says(http(b"x" * 2_000_000, "302 Found", headers={"Location": "http://["}))

    with pytest.raises(InvalidAnswer, match="too large") as caught:
        client.clone(REQUEST)

    assert (caught.value.outcome_unknown, caught.value.http_status) == (False, 302)


def test_too_large_answer_is_not_read_to_its_end(client: Client, provider: Scripted) -> None:
    provider.says(http(b'{"a": "' + b"x" * 2_000_000 + b'"}'))

    with pytest.raises(InvalidAnswer, match="too large") as caught:
        client.clone(REQUEST)

    assert caught.value.trace_id == "trace-1"
    assert len(caught.value.raw) == 4096


def test_compressed_bomb_is_not_unpacked_to_its_end(client: Client, provider: Scripted) -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    provider.says(http(bomb, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(InvalidAnswer, match="too large"):
        client.clone(REQUEST)


def test_compressed_answer_is_unpacked(client: Client, provider: Scripted) -> None:
    packed = gzip.compress(json.dumps({"base_resp": OK}).encode())
    provider.says(http(packed, headers={"Content-Encoding": "gzip"}))

    assert client.clone(REQUEST).status_code == 0


def test_damaged_compression_is_no_answer(client: Client, provider: Scripted) -> None:
    provider.says(http(b"not gzip at all", headers={"Content-Encoding": "gzip"}))

    with pytest.raises(NoAnswer) as caught:
        client.clone(REQUEST)

    assert (caught.value.http_status, caught.value.trace_id) == (200, "trace-1")


def test_speech_may_be_long(client: Client, provider: Scripted) -> None:
    provider.says(http({"data": {"audio": "00" * 1_000_000}, "base_resp": OK}))

    assert len(client.speech(SPEECH).audio) == 1_000_000


def test_values_that_no_database_stores_are_cleaned(client: Client, provider: Scripted) -> None:
    body = (
        '{"extra_info": {"a\\u0000": "b\\u0000c\\ud83d", "n": NaN, "i": -Infinity, "e": 1e999,'
        ' "emoji": "\\ud83d\\ude00"}, "base_resp": {"status_code": 0, "status_msg": "x\\u0000"}}'
    )
    provider.says(http(body))

    answer = client.clone(REQUEST)

    assert answer.extra_info == {"a": "bc", "n": None, "i": None, "e": None, "emoji": "😀"}
    assert answer.status_msg == "x"
