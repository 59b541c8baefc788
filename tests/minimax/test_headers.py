"""What an answer's headers say: trace, time to wait; and how its numbers are read."""

import json
import pickle
from typing import Any

import pytest

from voicestudio.minimax import Client, CloneRequest, Reason, Refused, SpeechRequest
from voicestudio.minimax.response import parse_int64, parse_retry_after

from .conftest import OK, Reply, Scripted, http

REQUEST = CloneRequest(7, "Anna2024")
SPEECH = SpeechRequest("Anna2024", "Hello", "speech-2.8-hd")


def no(code: Any, message: str = "why") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


@pytest.mark.parametrize("name", ["Trace-Id", "trace-id", "TRACE-ID"])
def test_trace_id_is_kept_in_any_letter_case(client: Client, provider: Scripted, name: str) -> None:
    yes, refused = http({"base_resp": OK}), http("gone", "502 Bad Gateway")
    for reply in (yes, refused):
        reply.pieces = [piece.replace(b"Trace-Id", name.encode()) for piece in reply.pieces]
    provider.says(yes, refused)

    good = client.clone(REQUEST)
    with pytest.raises(Refused) as caught:
        client.clone(REQUEST)

    assert (good.trace_id, caught.value.trace_id) == ("trace-1", "trace-1")


def test_trace_id_of_the_body_is_kept_for_a_failed_speech(
    client: Client, provider: Scripted
) -> None:
    provider.says(http({"data": None, "trace_id": "trace-2", **no(1008)}, headers={"Trace-Id": ""}))

    with pytest.raises(Refused) as caught:
        client.speech(SPEECH)

    assert (caught.value.trace_id, caught.value.reason) == ("trace-2", Reason.BALANCE)


def test_retry_after_is_kept(client: Client, provider: Scripted) -> None:
    provider.says(http(no(1002), "429 Slow", headers={"Retry-After": "7"}))

    with pytest.raises(Refused) as caught:
        client.clone(REQUEST)

    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("٣", None),
        ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value) == seconds


def test_retry_after_reads_a_date_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicestudio.minimax.response.time.time", lambda: 1445412450.0)

    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 30.0


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" -5 ", -5),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (True, None),
        (5.0, None),
        ("٣", None),
        ("9" * 30, None),
        (None, None),
    ],
)
def test_whole_numbers_are_read_exactly_or_not_at_all(value: Any, number: int | None) -> None:
    assert parse_int64(value) == number


def test_error_survives_pickling(client: Client, provider: Scripted) -> None:
    provider.says(http(no(2039), headers={"Retry-After": "3"}))
    with pytest.raises(Refused) as caught:
        client.clone(REQUEST)

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes

    assert vars(again) == vars(caught.value)
    assert str(again) == str(caught.value)


def test_chunked_answer_is_read(client: Client, provider: Scripted) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = json.dumps({"base_resp": OK}).encode()
    provider.says(Reply([head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)], then="keep"))

    assert client.clone(REQUEST).status_code == 0
