"""The rules of every call. Source: provider.md."""

from typing import Any

import pytest

from tests.practice.conftest import Caller
from tests.practice.recordings import encode_as, hum
from voicestudio.practice.rules import LANGUAGES, MODELS
from voicestudio.practice.server import StandIn

ABSENT = object()
TEXT = "Good morning, and welcome."
CLIP = hum(6)
SAMPLE = hum(10.5)


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the body with changed fields, without those that are ABSENT."""
    return {name: value for name, value in {**body, **changes}.items() if value is not ABSENT}


def code(answer: Any) -> int:
    return int(answer["base_resp"]["status_code"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0),
        ({"unheard_of": {"deep": [1]}}, 0),
        ({"file_id": ABSENT}, 2013), ({"file_id": "123456789012345"}, 2013),
        ({"file_id": True}, 2013), ({"file_id": 1.0}, 2013), ({"file_id": None}, 2013),
        ({"file_id": 2**63}, 2013), ({"file_id": 2**63 - 1}, 20132),
        ({"voice_id": ABSENT}, 2013), ({"voice_id": 12345678}, 2013), ({"voice_id": ""}, 2013),
        ({"voice_id": "Anna-01"}, 2013), ({"voice_id": "Anna-001"}, 0),
        ({"voice_id": "Annabell"}, 0), ({"voice_id": "1nna-001"}, 2013),
        ({"voice_id": "_nna-001"}, 2013), ({"voice_id": "Anna-00_"}, 2013),
        ({"voice_id": "Anna-00-"}, 2013), ({"voice_id": "Anna 001"}, 2013),
        ({"voice_id": "Anná-001"}, 2013), ({"voice_id": "Anna-001\n"}, 2013),
        ({"voice_id": "A" * 256}, 0), ({"voice_id": "A" * 257}, 2013),
        ({"voice_id": "female-shaonv"}, 2039),
        ({"text": ABSENT, "model": ABSENT}, 0), ({"text": ABSENT}, 0), ({"text": ""}, 0),
        ({"text": ABSENT, "model": "speech-9-hd"}, 2013),
        ({"text": "", "model": ABSENT}, 0),
        ({"model": ABSENT}, 2013),
        ({"text": 7}, 2013), ({"text": None}, 0), ({"model": None}, 2013), ({"text": "   "}, 2013),
        ({"text": "a" * 1000}, 0), ({"text": "a" * 1001}, 2013),
        ({"model": "speech-9-hd"}, 2013), ({"model": 28}, 2013),
        ({"text": "Hi\u200b\u200bthere"}, 1042), ({"text": "Hi\x00\x07there"}, 1042),
        ({"text": "One\u200b hidden sign among many is let through."}, 0),
        ({"text": "می‌خواهم", "language_boost": "Persian"}, 0), ({"text": "One <#0.5#> two."}, 0),
        ({"text": "One <#0.01#> two <#99.99#> three."}, 0), ({"text": "One <#0#> two."}, 2013),
        ({"text": "One <#100#> two."}, 2013), ({"text": "One <#0.123#> two."}, 2013),
        ({"text": "One <#half#> two."}, 2013), ({"text": "One <#٣#> two."}, 2013),
        ({"text": "One <#1#> <#1#> two."}, 2013),
        ({"text": "One <#1#>, <#1#> two."}, 2013), ({"text": "<#1#> One."}, 2013),
        ({"text": "One. <#1#>"}, 2013), ({"text": "One. <#1#> ..."}, 2013),
        ({"text": "(sighs) <#1#> One <#1#> 早."}, 0),
        ({"text": "One (breath) two (laughs)."}, 0),
        ({"language_boost": "Klingon"}, 2013), ({"language_boost": "english"}, 2013),
        ({"language_boost": ""}, 2013), ({"language_boost": None}, 0),
        ({"language_boost": "Tamil", "model": "speech-02-hd"}, 2013),
        ({"language_boost": "Filipino", "model": "speech-01-turbo"}, 2013),
        ({"language_boost": "Persian", "model": "speech-02-turbo"}, 2013),
        ({"language_boost": "Tamil", "model": "speech-2.6-hd"}, 0),
        ({"language_boost": "Polish", "text": ABSENT, "model": ABSENT}, 0),
        ({"need_noise_reduction": True, "need_volume_normalization": True}, 0),
        ({"need_noise_reduction": "true"}, 2013),
        ({"need_volume_normalization": 1}, 2013),
        ({"aigc_watermark": None}, 0), ({"need_noise_reduction": None}, 0),
        ({"aigc_watermark": True}, 0), ({"aigc_watermark": 1}, 2013),
        ({"text_validation": "Hello there", "accuracy": 0.5}, 0),
        ({"text_validation": "a" * 200}, 0), ({"text_validation": "a" * 201}, 2013),
        ({"text_validation": 5}, 2013), ({"text_validation": "?!"}, 1043),
        ({"text_validation": None, "accuracy": None}, 0),
        ({"accuracy": 0}, 0), ({"accuracy": 1}, 0), ({"accuracy": 1.01}, 2013),
        ({"accuracy": -0.1}, 2013), ({"accuracy": "0.7"}, 2013), ({"accuracy": True}, 2013),
        ({"clone_prompt": None}, 0), ({"clone_prompt": {}}, 0), ({"clone_prompt": []}, 2013),
        ({"clone_prompt": {"prompt_audio": None, "prompt_text": None}}, 0),
        ({"clone_prompt": {"prompt_audio": None, "prompt_text": "Hi there."}}, 2013),
        ({"clone_prompt": {"prompt_text": "Hi there."}}, 2013),
        ({"clone_prompt": {"prompt_audio": 1}}, 2013),
        ({"clone_prompt": {"prompt_audio": "1", "prompt_text": "Hi there."}}, 2013),
        ({"clone_prompt": {"prompt_audio": 1, "prompt_text": ""}}, 2013),
        ({"clone_prompt": {"prompt_audio": 1, "prompt_text": "Hi there."}}, 20132),
    ],
)  # fmt: skip
def test_voice_clone_checks_its_body(
    caller: Caller, changes: dict[str, Any], expected: int
) -> None:
    body = {"file_id": caller.file_id(SAMPLE), "voice_id": "Anna-0001", "text": TEXT}

    answer = caller.clone(changed({**body, "model": "speech-2.8-hd"}, changes))

    assert code(answer) == expected


@pytest.mark.parametrize("model", MODELS)
def test_voice_clone_accepts_every_model(caller: Caller, model: str) -> None:
    body = {"file_id": caller.file_id(SAMPLE), "voice_id": "Anna-0001", "text": TEXT}

    assert code(caller.clone({**body, "model": model})) == 0


def test_voice_clone_accepts_every_language(caller: Caller) -> None:
    file_id = caller.file_id(SAMPLE)

    codes = [
        code(
            caller.clone(
                {
                    "file_id": file_id,
                    "voice_id": f"Anna-{number:04}",
                    "text": "1, 2, 3.",
                    "model": "speech-2.8-hd",
                    "language_boost": language,
                }
            )
        )
        for number, language in enumerate(LANGUAGES)
    ]

    assert codes == [0] * 41


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_voice_clone_refuses_other_json_than_objects(caller: Caller, body: Any) -> None:
    assert code(caller.clone(body)) == 2013


def test_voice_clone_refuses_invalid_json(caller: Caller, stand_in: StandIn) -> None:
    answer = caller.session.post(f"{stand_in.url}/v1/voice_clone", data=b"{", timeout=10)

    assert code(answer.json()) == 2013


@pytest.mark.parametrize(
    ("data", "name", "purpose", "expected"),
    [
        (SAMPLE, "a.wav", "voice_clone", 0),
        (SAMPLE, "a.WAV", "voice_clone", 0),
        (SAMPLE, "a.webm", "voice_clone", 2013),
        (SAMPLE, "a", "voice_clone", 2013),
        (SAMPLE, "a.wav.txt", "voice_clone", 2013),
        (SAMPLE, "a.mp3", "voice_clone", 2013),
        (SAMPLE, "a.m4a", "voice_clone", 2013),
        (encode_as("mp3", "libmp3lame"), "a.mp3", "voice_clone", 0),
        (encode_as("mp3", "libmp3lame"), "a.wav", "voice_clone", 2013),
        (encode_as("ipod", "aac"), "a.m4a", "voice_clone", 0),
        (encode_as("flac", "flac"), "a.wav", "voice_clone", 2013),
        (encode_as("ogg", "libopus"), "a.m4a", "voice_clone", 2013),
        (SAMPLE, "a.wav", "prompt_audio", 2013),
        (b"This is a text and no music at all. " * 40, "a.mp3", "voice_clone", 1000),
        (b"RIFF\x00\x00\x00\x00WAVE", "a.wav", "voice_clone", 1000),
        (hum(10), "a.wav", "voice_clone", 0),
        (hum(9.9), "a.wav", "voice_clone", 2037),
        (hum(300), "a.wav", "voice_clone", 0),
        (hum(300.5), "a.wav", "voice_clone", 2037),
    ],
)
def test_voice_clone_checks_the_sample(
    caller: Caller, data: bytes, name: str, purpose: str, expected: int
) -> None:
    file_id = caller.file_id(data, name, purpose)

    assert code(caller.clone({"file_id": file_id, "voice_id": "Anna-0001"})) == expected


@pytest.mark.parametrize(
    ("data", "name", "purpose", "text", "expected"),
    [
        (CLIP, "c.wav", "prompt_audio", "Good morning.", 0),
        (CLIP, "c.wav", "prompt_audio", "早上好。", 0),
        (CLIP, "c.wav", "prompt_audio", "Good morning", 2013),
        (CLIP, "c.wav", "prompt_audio", "...", 1044),
        (CLIP, "c.wav", "voice_clone", "Good morning.", 2013),
        (CLIP, "c.ogg", "prompt_audio", "Good morning.", 2013),
        (hum(7.9), "c.wav", "prompt_audio", "Good morning.", 0),
        (hum(8), "c.wav", "prompt_audio", "Good morning.", 2048),
        (b"no music", "c.wav", "prompt_audio", "Good morning.", 1000),
    ],
)
def test_voice_clone_checks_the_prompt_clip(
    caller: Caller, data: bytes, name: str, purpose: str, text: str, expected: int
) -> None:
    prompt = {"prompt_audio": caller.file_id(data, name, purpose), "prompt_text": text}
    body = {"file_id": caller.file_id(SAMPLE), "voice_id": "Anna-0001", "clone_prompt": prompt}

    assert code(caller.clone(body)) == expected


def test_voice_clone_refuses_a_taken_id(caller: Caller) -> None:
    body = {"file_id": caller.file_id(SAMPLE), "voice_id": "Anna-0001"}

    assert [code(caller.clone(body)), code(caller.clone(body))] == [0, 2039]


def test_voice_clone_without_text_has_no_preview(caller: Caller) -> None:
    answer = caller.clone({"file_id": caller.file_id(SAMPLE), "voice_id": "Anna-0001"})

    assert answer == {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": "",
        "base_resp": {"status_code": 0, "status_msg": "success"},
    }


def test_voice_clone_with_text_describes_the_preview(caller: Caller) -> None:
    body = {"file_id": caller.file_id(SAMPLE), "voice_id": "Anna-0001", "text": TEXT}

    answer = caller.clone({**body, "model": "speech-2.8-hd"})
    demo = caller.session.get(answer["demo_audio"], timeout=10)

    extra_info = answer["extra_info"]
    assert sorted(extra_info) == [
        "audio_length",
        "audio_sample_rate",
        "audio_size",
        "bitrate",
        "usage_characters",
        "word_count",
    ]
    assert extra_info["audio_size"] == len(demo.content)
    assert (extra_info["usage_characters"], extra_info["word_count"]) == (26, 4)
    assert demo.headers["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({"Authorization": ""}, "", 1004), ({"Authorization": "Basic cHJhY3RpY2U="}, "", 1004),
        ({"Authorization": "Bearer "}, "", 1004), ({"Authorization": "Bearer another"}, "", 2049),
        ({}, "?GroupId=", 1008), ({}, "?GroupId=1234", 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/get_voice", "/v1/files/upload"])
def test_every_call_checks_the_key(
    caller: Caller, path: str, headers: dict[str, str], query: str, expected: int
) -> None:
    if path.endswith("upload"):
        answer = caller.session.post(
            caller.base + path + query,
            data={"purpose": "voice_clone"},
            files={"file": ("a.wav", SAMPLE)},
            headers=headers,
            timeout=10,
        )
    else:
        answer = caller.post(path + query, {"voice_type": "all"}, **headers)

    assert (answer.status_code, code(answer.json())) == (200, expected)


@pytest.mark.parametrize(
    ("purpose", "file", "expected"),
    [
        ("voice_clone", ("a.wav", b"x"), 0), ("prompt_audio", ("a.wav", b"x"), 0),
        ("something", ("a.wav", b"x"), 2013), (None, ("a.wav", b"x"), 2013),
        ("voice_clone", None, 2013), ("voice_clone", ("a.wav", b""), 2013),
        ("voice_clone", ("a.wav", bytes(20 * 1024 * 1024)), 0),
        ("voice_clone", ("a.wav", bytes(20 * 1024 * 1024 + 1)), 2013),
    ],
)  # fmt: skip
def test_upload_checks_its_fields(
    caller: Caller, purpose: str | None, file: tuple[str, bytes] | None, expected: int
) -> None:
    answer = caller.session.post(
        caller.base + "/v1/files/upload",
        data={"purpose": purpose},
        files={"file": file} if file else {"other": b""},
        timeout=30,
    )

    assert code(answer.json()) == expected


def test_clone_rate_limit_is_enforced(caller: Caller, stand_in: StandIn) -> None:
    stand_in.provider.clone_rpm = 2
    file_id = caller.file_id(SAMPLE)

    codes = [
        code(caller.clone({"file_id": file_id, "voice_id": f"Anna-{number:04}"}))
        for number in range(3)
    ]

    assert codes == [0, 0, 1002]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"voice_type": "system"}, 0), ({"voice_type": "voice_generation"}, 0),
        ({"voice_type": "mine"}, 2013), ({"voice_type": 1}, 2013), ({}, 2013),
    ],
)  # fmt: skip
def test_get_voice_checks_its_body(caller: Caller, body: Any, expected: int) -> None:
    assert code(caller.post("/v1/get_voice", body).json()) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"voice_type": "voice_cloning", "voice_id": "Nobody-01"}, 2054),
        ({"voice_type": "system", "voice_id": "female-shaonv"}, 2013),
        ({"voice_type": "voice_cloning"}, 2013),
        ({"voice_type": "voice_generation", "voice_id": "Nobody-01"}, 2054),
        ({"voice_type": None, "voice_id": "Nobody-01"}, 2013),
        ({"voice_id": "Nobody-01"}, 2013),
    ],
)
def test_delete_voice_checks_its_body(caller: Caller, body: Any, expected: int) -> None:
    assert code(caller.post("/v1/delete_voice", body).json()) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"file_id": "12"}, 2013), ({"file_id": "abc"}, 2013), ({"file_id": "²"}, 2013), ({}, 2013)],
)
def test_files_retrieve_checks_its_query(
    caller: Caller, query: dict[str, str], expected: int
) -> None:
    assert code(caller.get("/v1/files/retrieve", **query).json()) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"file_id": ABSENT}, {"file_id": "5"}, {"file_id": 5}, {"purpose": "something"},
        {"purpose": "prompt_audio"},
    ],
)  # fmt: skip
def test_files_delete_checks_its_body(caller: Caller, changes: dict[str, Any]) -> None:
    body = {"file_id": caller.file_id(b"1"), "purpose": "voice_clone"}

    assert code(caller.post("/v1/files/delete", changed(body, changes)).json()) == 2013


@pytest.mark.parametrize("body", [{}, {"purpose": None}])
def test_files_delete_needs_no_purpose(
    caller: Caller, stand_in: StandIn, body: dict[str, Any]
) -> None:
    answer = caller.post("/v1/files/delete", {**body, "file_id": caller.file_id(b"1")}).json()

    assert (code(answer), stand_in.files) == (0, {})


def test_files_list_without_a_purpose_has_all_files(caller: Caller) -> None:
    sample, clip = caller.file_id(b"1"), caller.file_id(b"2", purpose="prompt_audio")

    files = caller.get("/v1/files/list").json()["files"]

    assert [row["file_id"] for row in files] == [clip, sample]
    assert code(caller.get("/v1/files/list", purpose="something").json()) == 2013
