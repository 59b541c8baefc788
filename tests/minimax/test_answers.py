"""Answers: each shape becomes data or the right error."""

from typing import Any

import pytest

from voicestudio.minimax import Client, InvalidAnswer, ListedVoice

from .conftest import CLONE, OK, SPEECH, ScriptedServer, get_error, http, refusal

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

    assert (answer.demo_audio, answer.extra_info, answer.status_code) == ("", {}, 0)


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


@pytest.mark.parametrize(
    "data", [None, {}, [], {"audio": None}, {"audio": ""}, {"audio": "xyz"}, {"audio": "abc"}]
)
def test_speech_without_audio_is_invalid(
    client: Client, provider: ScriptedServer, data: Any
) -> None:
    provider.will_send(http({"data": data, "base_resp": OK}))

    assert get_error(InvalidAnswer, lambda: client.generate_speech(SPEECH)).outcome_unknown is True
