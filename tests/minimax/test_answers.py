"""Answers: each shape becomes data or the right error."""

import base64
import io
import json
import wave
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicestudio.minimax import (
    Client,
    HttpResponse,
    InvalidAnswer,
    ListedVoice,
    NoAnswer,
    Refused,
    parse_clone,
    parse_speech,
)

from .conftest import CLONE, KEY, OK, SPEECH, Reply, ScriptedServer, get_error, http, refusal

FILE = {
    "file_id": 123456789012345,
    "bytes": 3,
    "created_at": 1700000000,
    "filename": "a.mp3",
    "purpose": "voice_clone",
}


def test_clone_answer_keeps_everything(client: Client, provider: ScriptedServer) -> None:
    body = {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": "https://cdn.example/demo.mp3",
        "extra_info": {"audio_length": 1200, "usage_characters": 26},
        "base_resp": OK,
    }
    provider.will_send(http(body))

    answer = client.clone_voice(CLONE)

    assert vars(answer) == {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": "https://cdn.example/demo.mp3",
        "usage_characters": 26,
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
    client: Client, provider: ScriptedServer, fields: dict[str, Any], flag: tuple[bool, int | None]
) -> None:
    provider.will_send(http({**fields, "base_resp": OK}))

    answer = client.clone_voice(CLONE)

    assert (answer.input_sensitive, answer.input_sensitive_type) == flag


@pytest.mark.parametrize("odd", [None, [], "text", 5])
def test_clone_succeeds_with_code_zero_and_odd_fields(
    client: Client, provider: ScriptedServer, odd: Any
) -> None:
    provider.will_send(
        http({"demo_audio": odd if odd != "text" else " ", "extra_info": odd, **refusal("0")})
    )

    answer = client.clone_voice(CLONE)

    assert (answer.demo_audio, answer.usage_characters, answer.status_code) == ("", None, 0)


@pytest.mark.parametrize("file_id", [2**63 - 1, str(2**63 - 1)])
def test_file_id_is_exact_as_number_and_as_text(
    client: Client, provider: ScriptedServer, file_id: Any
) -> None:
    provider.will_send(http({"file": {**FILE, "file_id": file_id}, "base_resp": OK}))

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
def test_unusable_file_id_is_invalid(
    client: Client, provider: ScriptedServer, file_id: Any
) -> None:
    provider.will_send(http({"file": {"file_id": file_id}, "base_resp": OK}))

    error = get_error(InvalidAnswer, lambda: client.retrieve_file(1))

    assert (error.status_code, error.trace_id) == (0, "trace-1")


@pytest.mark.parametrize(
    "body", [{"file": None, "base_resp": OK}, {"file": [FILE]}, {"file": "x"}, {}]
)
def test_missing_file_is_invalid(
    client: Client, provider: ScriptedServer, body: dict[str, Any]
) -> None:
    provider.will_send(http(body))

    with pytest.raises(InvalidAnswer):
        client.retrieve_file(1)


@pytest.mark.parametrize("base", [{}, {"base_resp": None}])
def test_data_without_base_resp_is_accepted(
    client: Client, provider: ScriptedServer, base: dict[str, Any]
) -> None:
    provider.will_send(
        http({"file": FILE, **base}),
        http({"files": [], **base}),
        http({"voice_cloning": [], **base}),
        http({"data": {"audio": "00"}, **base}),
    )

    assert client.retrieve_file(1).file_id == 123456789012345
    assert client.list_files("voice_clone").files == ()
    assert client.list_voices().voices == ()
    assert client.generate_speech(SPEECH).audio == b"\0"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"base_resp": None, "input_sensitive": False}, {"base_resp": []}, {"base_resp": {}},
        {"base_resp": {"status_code": None}}, {"base_resp": {"status_code": "abc"}},
        {"base_resp": {"status_code": True}}, {"base_resp": {"status_code": 0.5}},
        {"base_resp": "success"},
    ],
)  # fmt: skip
def test_clone_without_a_status_code_is_unknown(
    client: Client, provider: ScriptedServer, body: dict[str, Any]
) -> None:
    provider.will_send(http(body))

    error = get_error(InvalidAnswer, lambda: client.clone_voice(CLONE))

    assert (error.outcome_unknown, error.retryable, error.trace_id) == (True, False, "trace-1")


def test_empty_object_is_no_list(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({}), http({}))

    with pytest.raises(InvalidAnswer):
        client.list_files("voice_clone")
    with pytest.raises(InvalidAnswer):
        client.list_voices()


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        (None, []), ({}, []), ([], []),
        ([None, 3, [], {}, {"file_id": "x"}, {"file_id": "12"}], [12]),
    ],
)  # fmt: skip
def test_list_of_files_skips_invalid_entries(
    client: Client, provider: ScriptedServer, files: Any, ids: list[int]
) -> None:
    provider.will_send(http({"files": files, "base_resp": OK}))

    answer = client.list_files("voice_clone")

    assert [file.file_id for file in answer.files] == ids


def test_voices_are_read_from_every_group(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(
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

    answer = client.list_voices("all")

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
def test_deletion_need_not_repeat_the_id(
    client: Client, provider: ScriptedServer, body: dict[str, Any]
) -> None:
    provider.will_send(http({**body, "base_resp": OK}), http({**body, "base_resp": OK}))

    assert client.delete_voice("Anna2024").voice_id == "Anna2024"
    assert client.delete_file(2**60, "voice_clone").file_id == 2**60


def test_speech_is_read_as_hex_and_as_url(client: Client, provider: ScriptedServer) -> None:
    body = {"extra_info": {"usage_characters": 5}, "trace_id": "trace-2", "base_resp": OK}
    provider.will_send(
        http({"data": {"audio": "494433"}, **body}, headers={"Trace-Id": ""}),
        http({"data": {"audio": "https://cdn.example/a.mp3"}, **body}),
    )

    spoken, linked = client.generate_speech(SPEECH), client.generate_speech(SPEECH)

    assert (spoken.audio, spoken.url, spoken.trace_id) == (b"ID3", "", "trace-2")
    assert (linked.audio, linked.url, linked.trace_id) == (
        b"",
        "https://cdn.example/a.mp3",
        "trace-1",
    )
    assert spoken.extra_info == {"usage_characters": 5}


MP3 = b"ID3" + bytes(range(220, 256)) + b"\xfb\xef\xbe\xff"
HEX, BASE64 = MP3.hex(), base64.b64encode(MP3).decode()


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(b"event: message\ndata: %s\n\n" % json.dumps(each).encode() for each in events)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"audio": BASE64}, "base_resp": OK},
        {"data": {"audio": "data:audio/mp3;base64," + BASE64}, "base_resp": OK},
        {"data": {"audio": "\n".join([BASE64[:20], BASE64[20:]])}, "base_resp": OK},
        {"data": {"audio": base64.urlsafe_b64encode(MP3).decode().rstrip("=")}, "base_resp": OK},
        {"audio": HEX, "base_resp": OK},
        {"data": HEX, "base_resp": OK},
        {"code": 0, "data": {"data": {"audio": HEX}, "base_resp": OK}},
        {"code": 0, "data": {"data": {"audio": HEX}}},
        {"data": {"audio": HEX, "status": 2}, "base_resp": {"status_code": 0.0}},
        {"data": {"audio": HEX}, "base_resp": {"status_code": "0.0"}},
        MP3,
        sse(
            {"data": {"audio": HEX[:20], "status": 1}},
            {"data": {"audio": HEX[20:], "status": 2}, "base_resp": OK},
        ),
        sse(
            {"data": {"audio": HEX[:20], "status": 1}, "base_resp": OK},
            {"data": {"audio": HEX[20:], "status": 1}, "base_resp": OK},
            {"data": {"audio": HEX, "status": 2}, "base_resp": OK},
        )
        + b"data: [DONE]\n\n",
        sse(
            {"trace_id": "t"},
            {"data": {"audio": HEX, "status": 1}},
            {"data": {"audio": "", "status": 2}, "base_resp": OK},
        ),
        sse(
            {"data": {"audio": base64.b64encode(MP3[:20]).decode(), "status": 1}},
            {"data": {"audio": base64.b64encode(MP3[20:]).decode(), "status": 2}},
            {"base_resp": OK},
        ),
    ],
    ids=range(15),
)
def test_speech_is_read_in_every_wrapping(
    client: Client, provider: ScriptedServer, body: Any
) -> None:
    provider.will_send(http(body))

    answer = client.generate_speech(SPEECH)

    assert (answer.audio, answer.url, answer.status_code) == (MP3, "", 0)


def test_link_to_speech_is_found_at_the_top(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({"audio_url": "https://cdn.example/a.mp3", "base_resp": OK}))

    assert client.generate_speech(SPEECH).url == "https://cdn.example/a.mp3"


@pytest.mark.parametrize("extra", [{}, {"audio_sample_rate": 2**70, "audio_channel": -1}])
def test_samples_without_a_header_become_a_wav_file(
    client: Client, provider: ScriptedServer, extra: dict[str, Any]
) -> None:
    provider.will_send(http({"data": {"audio": "0001" * 8}, "extra_info": extra, "base_resp": OK}))

    answer = client.generate_speech(replace(SPEECH, format="wav", sample_rate=24_000))

    with wave.open(io.BytesIO(answer.audio)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (24_000, 1, 8)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"audio": HEX, "status": 1}, "base_resp": OK},
        sse({"data": {"audio": HEX, "status": 1}, "base_resp": OK}),
    ],
)
def test_unfinished_speech_is_unknown(client: Client, provider: ScriptedServer, body: Any) -> None:
    provider.will_send(http(body))

    error = get_error(InvalidAnswer, lambda: client.generate_speech(SPEECH))

    assert (error.outcome_unknown, error.raw != "") == (True, True)


def test_refusal_in_utf_16_is_no_audio(client: Client, provider: ScriptedServer) -> None:
    """Its first two bytes look like the frame of an mp3."""
    body = b"\xff\xfe" + json.dumps({"base_resp": {"status_code": 1008}}).encode("utf-16-le")
    provider.will_send(http(body))

    assert get_error(Refused, lambda: client.generate_speech(SPEECH)).status_code == 1008


def test_clone_is_read_beside_its_status(client: Client, provider: ScriptedServer) -> None:
    data = {"demo_audio": "https://a.example/a.mp3", "input_sensitive": True,
            "extra_info": {"usage_characters": 7}}  # fmt: skip
    provider.will_send(http({"data": data, "base_resp": OK}))

    answer = client.clone_voice(CLONE)

    assert (answer.demo_audio, answer.input_sensitive, answer.usage_characters) == (
        "https://a.example/a.mp3", True, 7,
    )  # fmt: skip


@pytest.mark.parametrize("part", [b"half of an answer", b"", b"\xff\xfb\x90\x00" * 2000])
def test_part_of_a_paid_answer_is_kept(
    client: Client, provider: ScriptedServer, part: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nTrace-Id: trace-1\r\n\r\n"
    provider.will_send(Reply([head + part]))
    kept: list[HttpResponse] = []

    error = get_error(NoAnswer, lambda: client.generate_speech(SPEECH, keep=kept.append))

    assert [(each.content, each.is_whole) for each in kept] == ([(part, False)] if part else [])
    assert (error.outcome_unknown, error.http_status) == (True, 200)
    assert error.raw_is_whole is (len(part) < 100)


def test_clone_is_read_from_an_envelope(client: Client, provider: ScriptedServer) -> None:
    inner = {"demo_audio": "https://cdn.example/a.mp3", "base_resp": OK}
    provider.will_send(http({"code": 0, "message": "success", "data": inner}))

    assert client.clone_voice(CLONE).demo_audio == "https://cdn.example/a.mp3"


def test_paid_response_is_kept_before_it_is_read(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http(f"<html>{KEY}</html>"), http(MP3))
    kept: list[HttpResponse] = []

    get_error(InvalidAnswer, lambda: client.clone_voice(CLONE, keep=kept.append))
    client.generate_speech(SPEECH, keep=kept.append)

    assert [(each.http_status, each.trace_id()) for each in kept] == [(200, "trace-1")] * 2
    assert KEY.encode() not in kept[0].body
    assert kept[1].body == MP3


# Any JSON value, also numbers that fit no column.
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([-5, 10**15, 2**63, 2**70, -(2**70), "1" * 30]),
    lambda values: st.lists(values, max_size=3)
    | st.dictionaries(st.text(max_size=9), values, max_size=3),
    max_leaves=8,
)  # fmt: skip
NUMBERS = ("usage_characters", "audio_length", "audio_size", "audio_sample_rate")
EXTRA_INFO = JSON_VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys(NUMBERS, JSON_VALUES))
DETAILS = ("input_sensitive", "input_sensitive_type", "demo_audio", "trace_id", "odd")


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    st.fixed_dictionaries({"extra_info": EXTRA_INFO}, optional=dict.fromkeys(DETAILS, JSON_VALUES)),
    JSON_VALUES,
)
def test_no_detail_undoes_a_yes(details: dict[str, Any], message: Any) -> None:
    body = details | {"base_resp": {"status_code": 0, "status_msg": message}}

    clone = parse_clone(response_of(body))
    speech = parse_speech(response_of(body | {"data": {"audio": HEX}}), SPEECH)

    assert (clone.status_code, speech.status_code, speech.audio) == (0, 0, MP3)
    for count in (clone.usage_characters, speech.usage_characters):
        assert count is None or 0 <= count < 2**31
    assert clone.input_sensitive_type is None or abs(clone.input_sensitive_type) < 2**31
    assert len(clone.trace_id) <= 200


@pytest.mark.parametrize(
    "detail",
    [b'"\xc4\xe3\xba\xc3"', b"9" * 5000, b'"a\nb"', b"[" * 300 + b"]" * 300, b"1e999", b"NaN"],
    ids=range(6),
)
def test_odd_bytes_in_a_detail_do_not_undo_a_yes(detail: bytes) -> None:
    content = b'{"odd": %s, "base_resp": {"status_code": 0}}' % detail

    assert parse_clone(response_of(content)).status_code == 0


def response_of(body: Any) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(
        call="POST /x", http_status=200, headers={}, content=content, redact=lambda text: text
    )


@pytest.mark.parametrize(
    "data", [None, {}, [], {"audio": None}, {"audio": ""}, {"audio": "xyz"}, {"audio": "abc"}]
)
def test_speech_without_audio_is_invalid(
    client: Client, provider: ScriptedServer, data: Any
) -> None:
    provider.will_send(http({"data": data, "base_resp": OK}))

    assert get_error(InvalidAnswer, lambda: client.generate_speech(SPEECH)).outcome_unknown is True
