"""What each shape of answer becomes: data, or the right error of the family."""

import gzip
import json
import pickle
from typing import Any

import pytest

from voicestudio.minimax import (
    Client,
    CloneRequest,
    ListedVoice,
    Nonsense,
    Purpose,
    Reason,
    Refused,
    SpeechRequest,
    Unanswered,
)
from voicestudio.minimax.answer import seconds_until, whole

from .conftest import OK, Reply, Scripted, http

REQUEST = CloneRequest(7, "Anna2024")
SPEECH = SpeechRequest("Anna2024", "Hello", "speech-2.8-hd")
FILE = {
    "file_id": 123456789012345,
    "bytes": 3,
    "created_at": 1700000000,
    "filename": "a.mp3",
    "purpose": "voice_clone",
}


def no(code: Any, message: str = "why") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


# Good answers


def test_clone_answer_keeps_everything(client: Client, provider: Scripted) -> None:
    body = {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": "https://cdn.example/demo.mp3",
        "extra_info": {"audio_length": 1200, "usage_characters": 26},
        "base_resp": OK,
    }
    provider.says(http(body))

    answer = client.clone(REQUEST)

    assert vars(answer) == {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": "https://cdn.example/demo.mp3",
        "extra_info": {"audio_length": 1200, "usage_characters": 26},
        "status_code": 0,
        "status_msg": "success",
        "trace_id": "trace-1",
        "http_status": 200,
        "raw": body,
    }


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({}, (False, None)),
        ({"input_sensitive": None}, (False, None)),
        ({"input_sensitive": False, "input_sensitive_type": 0}, (False, 0)),
        ({"input_sensitive": True, "input_sensitive_type": 3}, (True, 3)),
        ({"input_sensitive": True}, (True, None)),
        ({"input_sensitive": True, "input_sensitive_type": None}, (True, None)),
        ({"input_sensitive": True, "input_sensitive_type": "3"}, (True, 3)),
        ({"input_sensitive": {"type": 0}}, (False, 0)),
        ({"input_sensitive": {"type": 5}}, (True, 5)),
        ({"input_sensitive": {"type": 5}, "input_sensitive_type": 0}, (True, 5)),
        ({"input_sensitive": {"type": "5"}}, (True, 5)),
        ({"input_sensitive": {"type": None}}, (False, None)),
        ({"input_sensitive": {"type": "odd"}}, (True, None)),
        ({"input_sensitive": {}}, (False, None)),
        ({"input_sensitive": None, "input_sensitive_type": 2}, (True, 2)),
        ({"input_sensitive": False, "input_sensitive_type": 2}, (True, 2)),
        ({"input_sensitive": 1, "input_sensitive_type": 99}, (True, 99)),
        ({"input_sensitive": "true"}, (True, None)),
        ({"input_sensitive": "false"}, (False, None)),
        ({"input_sensitive": []}, (False, None)),
        ({"input_sensitive": True, "input_sensitive_type": []}, (True, None)),
    ],
)
def test_moderation_flag_is_read_in_every_shape(
    client: Client, provider: Scripted, fields: dict[str, Any], flag: tuple[bool, int | None]
) -> None:
    provider.says(http({**fields, "base_resp": OK}))

    answer = client.clone(REQUEST)

    assert (answer.input_sensitive, answer.input_sensitive_type) == flag


@pytest.mark.parametrize("odd", [None, [], "text", 5])
def test_clone_succeeds_whatever_the_rest_looks_like(
    client: Client, provider: Scripted, odd: Any
) -> None:
    provider.says(http({"demo_audio": odd if odd != "text" else " ", "extra_info": odd, **no("0")}))

    answer = client.clone(REQUEST)

    assert (answer.demo_audio, answer.extra_info, answer.status_code) == ("", {}, 0)


@pytest.mark.parametrize("file_id", [2**63 - 1, str(2**63 - 1)])
def test_file_id_is_exact_as_number_and_as_text(
    client: Client, provider: Scripted, file_id: Any
) -> None:
    provider.says(http({"file": {**FILE, "file_id": file_id}, "base_resp": OK}))

    answer = client.retrieve_file(2**63 - 1)

    assert vars(answer) == {
        **FILE,
        "file_id": 9223372036854775807,
        "status_code": 0,
        "status_msg": "success",
        "trace_id": "trace-1",
        "http_status": 200,
    }


@pytest.mark.parametrize(
    "file_id", [None, "", "abc", 1.5, 1.0e14, True, 0, -1, 2**63, "1e5", [1], {}]
)
def test_file_id_that_is_none_makes_no_sense(
    client: Client, provider: Scripted, file_id: Any
) -> None:
    provider.says(http({"file": {"file_id": file_id}, "base_resp": OK}))

    with pytest.raises(Nonsense) as caught:
        client.retrieve_file(1)

    assert (caught.value.status_code, caught.value.trace_id) == (0, "trace-1")


@pytest.mark.parametrize(
    "body", [{"file": None, "base_resp": OK}, {"file": [FILE]}, {"file": "x"}, {}]
)
def test_file_that_is_missing_makes_no_sense(
    client: Client, provider: Scripted, body: dict[str, Any]
) -> None:
    provider.says(http(body))

    with pytest.raises(Nonsense):
        client.retrieve_file(1)


@pytest.mark.parametrize("base", [{}, {"base_resp": None}])
def test_data_is_proof_enough_without_a_verdict(
    client: Client, provider: Scripted, base: dict[str, Any]
) -> None:
    provider.says(
        http({"file": FILE, **base}),
        http({"files": [], **base}),
        http({"voice_cloning": [], **base}),
        http({"data": {"audio": "00"}, **base}),
    )

    assert client.retrieve_file(1).file_id == 123456789012345
    assert client.list_files(Purpose.VOICE_CLONE).files == ()
    assert client.get_voice().voices == ()
    assert client.speech(SPEECH).audio == b"\0"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"base_resp": None, "input_sensitive": False},
        {"base_resp": []},
        {"base_resp": {}},
        {"base_resp": {"status_code": None}},
        {"base_resp": {"status_code": "abc"}},
        {"base_resp": {"status_code": True}},
        {"base_resp": {"status_code": 0.5}},
        {"base_resp": "success"},
    ],
)
def test_clone_without_a_verdict_is_unknown(
    client: Client, provider: Scripted, body: dict[str, Any]
) -> None:
    provider.says(http(body))

    with pytest.raises(Nonsense) as caught:
        client.clone(REQUEST)

    assert (caught.value.outcome_unknown, caught.value.may_repeat) == (True, False)
    assert caught.value.trace_id == "trace-1"


def test_empty_object_is_neither_a_list_of_files_nor_of_voices(
    client: Client, provider: Scripted
) -> None:
    provider.says(http({}), http({}))

    with pytest.raises(Nonsense):
        client.list_files(Purpose.VOICE_CLONE)
    with pytest.raises(Nonsense):
        client.get_voice()


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        (None, []),
        ({}, []),
        ([], []),
        ([None, 3, [], {}, {"file_id": "x"}, {"file_id": "12"}], [12]),
    ],
)
def test_list_of_files_passes_over_what_is_none(
    client: Client, provider: Scripted, files: Any, ids: list[int]
) -> None:
    provider.says(http({"files": files, "base_resp": OK}))

    answer = client.list_files(Purpose.VOICE_CLONE)

    assert [file.file_id for file in answer.files] == ids


def test_voices_are_read_from_every_group(client: Client, provider: Scripted) -> None:
    provider.says(
        http(
            {
                "system_voice": None,
                "voice_cloning": [
                    {"voice_id": "Anna2024", "description": [], "created_time": "2026-01-02"},
                    {"voice_id": None},
                    "text",
                ],
                "voice_generation": [
                    {"voice_id": "v2", "description": ["warm", 3], "created_time": None},
                    {"voice_id": "v3", "description": "calm"},
                ],
                "base_resp": OK,
            }
        )
    )

    answer = client.get_voice("all")

    assert answer.voices == (
        ListedVoice(
            voice_id="Anna2024", group="voice_cloning", created_time="2026-01-02", description=()
        ),
        ListedVoice(
            voice_id="v2", group="voice_generation", created_time="", description=("warm",)
        ),
        ListedVoice(
            voice_id="v3", group="voice_generation", created_time="", description=("calm",)
        ),
    )


@pytest.mark.parametrize(
    "body", [{"voice_id": "Anna2024"}, {}, {"voice_id": None, "created_time": 5}]
)
def test_deletion_need_not_repeat_what_it_deleted(
    client: Client, provider: Scripted, body: dict[str, Any]
) -> None:
    provider.says(http({**body, "base_resp": OK}), http({**body, "base_resp": OK}))

    assert client.delete_voice("Anna2024").voice_id == "Anna2024"
    assert client.delete_file(2**60, Purpose.VOICE_CLONE).file_id == 2**60


def test_speech_is_read_as_hex_and_as_a_link(client: Client, provider: Scripted) -> None:
    body = {"extra_info": {"usage_characters": 5}, "trace_id": "trace-2", "base_resp": OK}
    provider.says(
        http({"data": {"audio": "494433"}, **body}, headers={"Trace-Id": ""}),
        http({"data": {"audio": "https://cdn.example/a.mp3"}, **body}),
    )

    spoken, linked = client.speech(SPEECH), client.speech(SPEECH)

    assert (spoken.audio, spoken.url, spoken.trace_id) == (b"ID3", "", "trace-2")
    assert (linked.audio, linked.url, linked.trace_id) == (
        b"",
        "https://cdn.example/a.mp3",
        "trace-1",
    )
    assert spoken.extra_info == {"usage_characters": 5}


@pytest.mark.parametrize(
    "data", [None, {}, [], {"audio": None}, {"audio": ""}, {"audio": "xyz"}, {"audio": "abc"}]
)
def test_speech_without_audio_makes_no_sense(client: Client, provider: Scripted, data: Any) -> None:
    provider.says(http({"data": data, "base_resp": OK}))

    with pytest.raises(Nonsense) as caught:
        client.speech(SPEECH)

    assert caught.value.outcome_unknown is True


# Answered "no"


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
        (2042, Reason.FOREIGN, False, False),
        (2045, Reason.RATE_LIMIT, False, True),
        (2048, Reason.LENGTH, False, False),
        (2049, Reason.AUTHENTICATION, False, False),
        (2054, Reason.ABSENT, False, False),
        (2056, Reason.PLAN, False, False),
        (2061, Reason.PLAN, False, False),
        (20132, Reason.ABSENT, False, False),
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
    assert (problem.reason, problem.outcome_unknown, problem.may_repeat) == (
        reason,
        unknown,
        repeat,
    )
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
    assert (problem.outcome_unknown, problem.may_repeat) == (unknown, repeat)
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
        lambda: client.list_files(Purpose.VOICE_CLONE),
        lambda: client.delete_file(1, Purpose.VOICE_CLONE),
        client.get_voice,
        lambda: client.delete_voice("Anna2024"),
    ):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.reason is Reason.UNSUPPORTED


# Answers that make no sense


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

    with pytest.raises(Nonsense) as caught:
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

    with pytest.raises(Nonsense) as caught:
        client.clone(REQUEST)

    assert len(provider.received) == 1
    assert (caught.value.outcome_unknown, caught.value.http_status) == (False, int(status[:3]))


def test_body_of_a_redirect_is_not_read_to_its_end(client: Client, provider: Scripted) -> None:
    provider.says(http(b"x" * 2_000_000, "302 Found", headers={"Location": "http://["}))

    with pytest.raises(Nonsense, match="absurdly large") as caught:
        client.clone(REQUEST)

    assert (caught.value.outcome_unknown, caught.value.http_status) == (False, 302)


def test_absurdly_large_answer_is_not_read_to_its_end(client: Client, provider: Scripted) -> None:
    provider.says(http(b'{"a": "' + b"x" * 2_000_000 + b'"}'))

    with pytest.raises(Nonsense, match="absurdly large") as caught:
        client.clone(REQUEST)

    assert caught.value.trace_id == "trace-1"
    assert len(caught.value.raw) == 4096


def test_compressed_bomb_is_not_unpacked_to_its_end(client: Client, provider: Scripted) -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    provider.says(http(bomb, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(Nonsense, match="absurdly large"):
        client.clone(REQUEST)


def test_compressed_answer_is_unpacked(client: Client, provider: Scripted) -> None:
    packed = gzip.compress(json.dumps({"base_resp": OK}).encode())
    provider.says(http(packed, headers={"Content-Encoding": "gzip"}))

    assert client.clone(REQUEST).status_code == 0


def test_damaged_compression_is_no_answer(client: Client, provider: Scripted) -> None:
    provider.says(http(b"not gzip at all", headers={"Content-Encoding": "gzip"}))

    with pytest.raises(Unanswered) as caught:
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


# What stands in the headers


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
    assert seconds_until(value) == seconds


def test_retry_after_reads_a_date_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicestudio.minimax.answer.time.time", lambda: 1445412450.0)

    assert seconds_until("Wed, 21 Oct 2015 07:28:00 GMT") == 30.0


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
    assert whole(value) == number


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
