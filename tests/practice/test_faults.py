"""Scripted faults and rehearsed outcomes."""

from typing import Any

import pytest
import requests

from tests.practice.conftest import Caller
from voicestudio.practice.server import Fault, StandIn

VOICES = {"voice_type": "all"}


@pytest.fixture
def body(caller: Caller) -> dict[str, Any]:
    """A valid clone request without a preview."""
    return {"file_id": caller.file_id(), "voice_id": "Anna-0001"}


def test_fault_affects_one_call_of_its_name(caller: Caller, stand_in: StandIn) -> None:
    stand_in.script("get_voice", Fault(status_code=1013))

    other = caller.get("/v1/files/list", purpose="voice_clone").json()
    answers = [caller.post("/v1/get_voice", VOICES).json() for _ in range(2)]

    assert other["base_resp"]["status_code"] == 0
    assert [answer["base_resp"]["status_code"] for answer in answers] == [1013, 0]


def test_faults_queue_up(caller: Caller, stand_in: StandIn) -> None:
    for code in (1001, 1002, 1024):
        stand_in.script("get_voice", Fault(status_code=code))

    answers = [caller.post("/v1/get_voice", VOICES).json() for _ in range(4)]

    assert [answer["base_resp"]["status_code"] for answer in answers] == [1001, 1002, 1024, 0]


def test_fault_for_an_unknown_call_is_refused(stand_in: StandIn) -> None:
    with pytest.raises(ValueError, match="no call is named clone"):
        stand_in.script("clone", Fault())


@pytest.mark.parametrize(
    ("fault", "status", "text", "kind"),
    [
        (Fault(http_status=502), 502, "502 from the stand-in", "text/plain; charset=utf-8"),
        (Fault(http_status=503, body="<html>"), 503, "<html>", "text/plain; charset=utf-8"),
        (Fault(body=b"\x00"), 200, "\x00", "application/octet-stream"),
        (
            Fault(http_status=401, body={"error": {"code": 1}}),
            401,
            '{"error": {"code": 1}}',
            "application/json; charset=utf-8",
        ),
        (Fault(body="x", headers={"content-type": "text/html"}), 200, "x", "text/html"),
        (
            Fault(status_code=4711, status_msg="unseen"),
            200,
            '{"base_resp": {"status_code": 4711, "status_msg": "unseen"}}',
            "application/json; charset=utf-8",
        ),
    ],
)
def test_fault_replaces_the_answer(
    caller: Caller, stand_in: StandIn, fault: Fault, status: int, text: str, kind: str
) -> None:
    stand_in.script("get_voice", fault)

    answer = caller.post("/v1/get_voice", VOICES)

    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Content-Type"] == kind
    assert len(answer.headers["Trace-Id"]) == 32


def test_fault_adds_headers_to_the_usual_answer(caller: Caller, stand_in: StandIn) -> None:
    stand_in.script("get_voice", Fault(delay=0.01, headers={"Retry-After": "3"}))

    answer = caller.post("/v1/get_voice", VOICES)

    assert (answer.json()["base_resp"]["status_code"], answer.headers["Retry-After"]) == (0, "3")


@pytest.mark.parametrize(("after", "voices"), [("nothing", []), ("work", ["Anna-0001"])])
@pytest.mark.parametrize("action", ["drop", "truncate"])
def test_fault_breaks_the_connection_before_or_after_the_call(
    caller: Caller, stand_in: StandIn, body: Any, action: Any, after: Any, voices: list[str]
) -> None:
    stand_in.script("voice_clone", Fault(action=action, after=after))

    with pytest.raises(requests.RequestException) as caught:
        caller.clone(body)

    expected = {
        "drop": requests.ConnectionError,
        "truncate": requests.exceptions.ChunkedEncodingError,
    }
    assert caught.type is expected[action]
    assert list(stand_in.voices) == voices


@pytest.mark.parametrize(("after", "voices"), [("nothing", []), ("work", ["Anna-0001"])])
def test_fault_refuses_before_or_after_the_call(
    caller: Caller, stand_in: StandIn, body: Any, after: Any, voices: list[str]
) -> None:
    stand_in.script("voice_clone", Fault(status_code=1033, after=after))

    answer = caller.clone(body)

    assert answer == {"base_resp": {"status_code": 1033, "status_msg": "downstream service error"}}
    assert list(stand_in.voices) == voices


def test_fault_hangs_until_the_client_disconnects(
    caller: Caller, stand_in: StandIn, body: Any
) -> None:
    stand_in.script("voice_clone", Fault(action="hang"))

    with pytest.raises(requests.ReadTimeout):
        caller.session.post(f"{stand_in.url}/v1/voice_clone", json=body, timeout=0.1)

    assert stand_in.voices == {}


def test_stop_closes_delayed_connections(caller: Caller, stand_in: StandIn, body: Any) -> None:
    stand_in.script("voice_clone", Fault(delay=600))

    with pytest.raises(requests.ReadTimeout):
        caller.session.post(f"{stand_in.url}/v1/voice_clone", json=body, timeout=0.1)
    stand_in.stop()

    assert stand_in.connections == set()


def test_fault_affects_audio_downloads(caller: Caller, stand_in: StandIn, body: Any) -> None:
    link = caller.clone({**body, "text": "Hello.", "model": "speech-2.8-hd"})["demo_audio"]
    stand_in.script("audio", Fault(http_status=302, headers={"Location": "/elsewhere"}))

    answer = caller.session.get(link, allow_redirects=False, timeout=10)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")


@pytest.mark.parametrize(
    ("outcome", "code", "voices"),
    [
        ("ready", 0, ["Anna-0001"]), ("flagged", 0, ["Anna-0001"]), ("refused", 1026, []),
        ("slow_down", 1002, []), ("out_of_credit", 1008, []), ("wrong_key", 2049, []),
        ("1043", 1043, []), ("sunshine", 2013, []),
    ],
)  # fmt: skip
def test_rehearsal_gives_the_chosen_outcome(
    caller: Caller, stand_in: StandIn, body: Any, outcome: str, code: int, voices: list[str]
) -> None:
    answer = caller.clone(body, Rehearse=outcome)

    assert answer["base_resp"]["status_code"] == code
    assert list(stand_in.voices) == voices


def test_rehearsed_flag_has_a_type(caller: Caller, body: Any) -> None:
    answer = caller.clone(body, Rehearse="flagged")

    assert (answer["input_sensitive"], answer["input_sensitive_type"]) == (True, 5)


def test_rehearsal_does_not_hide_invalid_params(caller: Caller, body: Any) -> None:
    answer = caller.clone({**body, "voice_id": "short"}, Rehearse="refused")

    assert answer["base_resp"]["status_code"] == 2013


def test_rehearsed_slow_down_applies_once(caller: Caller, body: Any) -> None:
    answers = [caller.clone(body, Rehearse="slow_down") for _ in range(2)]

    assert [answer["base_resp"]["status_code"] for answer in answers] == [1002, 0]


def test_rehearsed_lost_answer_creates_the_voice(
    caller: Caller, stand_in: StandIn, body: Any
) -> None:
    with pytest.raises(requests.ConnectionError):
        caller.clone(body, Rehearse="lost_answer")
    repeat = caller.clone(body, Rehearse="lost_answer")

    assert list(stand_in.voices) == ["Anna-0001"]
    assert repeat["base_resp"]["status_code"] == 2039


def test_rehearsed_slow_call_is_delayed(caller: Caller, stand_in: StandIn, body: Any) -> None:
    stand_in.rehearsal.slow_seconds = 0.3

    answer = caller.post("/v1/voice_clone", body, Rehearse="slow")

    assert answer.json()["base_resp"]["status_code"] == 0
    assert answer.elapsed.total_seconds() >= 0.3


def test_delay_applies_to_clones(caller: Caller, stand_in: StandIn, body: Any) -> None:
    stand_in.delay = 0.3

    assert caller.post("/v1/voice_clone", body).elapsed.total_seconds() >= 0.3
