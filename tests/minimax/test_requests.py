"""Requests: URL, headers and body of every call."""

import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from voicestudio import __version__
from voicestudio.minimax import Client, CloneRequest, SpeechRequest
from voicestudio.minimax.multipart import MultipartBody, safe_filename

from .conftest import KEY, OK, ScriptedServer, http

FULL_CLONE = CloneRequest(
    file_id=2**62 + 1,
    voice_id="Anna2024",
    prompt_audio=987654321,
    prompt_text="Exactly these words.",
    text="Grüße (breath) 王芳",
    model="speech-2.8-hd",
    language_boost="Chinese,Yue",
    text_validation="expected words",
    accuracy=0.8,
    noise_reduction=True,
    volume_normalization=True,
    watermark=True,
)
FILE = {
    "file_id": 123456789012345,
    "bytes": 3,
    "created_at": 1,
    "filename": "a.mp3",
    "purpose": "p",
}


def test_clone_sends_every_field(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({"base_resp": OK}))

    client.clone_voice(FULL_CLONE)

    [sent] = provider.received
    assert sent.line == "POST /v1/voice_clone HTTP/1.1"
    assert sent.json == {
        "file_id": 4611686018427387905,
        "voice_id": "Anna2024",
        "clone_prompt": {"prompt_audio": 987654321, "prompt_text": "Exactly these words."},
        "text": "Grüße (breath) 王芳",
        "model": "speech-2.8-hd",
        "language_boost": "Chinese,Yue",
        "text_validation": "expected words",
        "accuracy": 0.8,
        "need_noise_reduction": True,
        "need_volume_normalization": True,
        "aigc_watermark": True,
    }
    assert sent.body == sent.body.decode().encode()
    assert b'"file_id": 4611686018427387905,' in sent.body


def test_clone_leaves_out_defaults(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({"base_resp": OK}))

    client.clone_voice(CloneRequest(file_id=7, voice_id="Anna2024"))

    assert provider.received[0].json == {"file_id": 7, "voice_id": "Anna2024"}


def test_clone_sends_an_accuracy_of_zero() -> None:
    request = CloneRequest(file_id=7, voice_id="v", text_validation="words", accuracy=0)

    assert request.body() == {
        "file_id": 7,
        "voice_id": "v",
        "text_validation": "words",
        "accuracy": 0.0,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt_audio": 5}, {"prompt_text": "words"}, {"text": "words"},
        {"model": "speech-2.8-hd"}, {"file_id": "7"}, {"file_id": True}, {"file_id": 0},
        {"file_id": 2**63}, {"prompt_audio": "5", "prompt_text": "words"},
        {"accuracy": float("nan")}, {"text": "lone surrogate \ud83d", "model": "m"},
    ],
)  # fmt: skip
def test_invalid_clone_raises_value_error(
    client: Client, provider: ScriptedServer, changes: dict[str, object]
) -> None:
    fields: dict[str, object] = {"file_id": 7, "voice_id": "Anna2024", **changes}

    with pytest.raises(ValueError):  # noqa: PT011 - several sentences
        client.clone_voice(CloneRequest(**fields))  # type: ignore[arg-type]

    assert provider.received == []


def test_call_sends_exactly_our_headers(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({"base_resp": OK}))

    client.clone_voice(FULL_CLONE, headers={"Rehearse": "flagged", "Authorization": "Bearer other"})

    headers = provider.received[0].headers
    length = headers.pop("content-length")
    assert int(length) == len(provider.received[0].body)
    assert headers == {
        "host": f"127.0.0.1:{provider.port}",
        "user-agent": f"VoiceStudio/{__version__}",
        "authorization": f"Bearer {KEY}",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "content-type": "application/json",
        "rehearse": "flagged",
        "connection": "close",
    }


def test_netrc_does_not_replace_the_key(
    provider: ScriptedServer, make_client: Callable[..., Client], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("voicestudio.minimax.client.is_loopback", lambda _: False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provider.will_send(http({"voice_cloning": None, "base_resp": OK}))

    make_client().list_voices()

    assert provider.received[0].headers["authorization"] == f"Bearer {KEY}"


def test_file_calls_send_their_parameters(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(
        http({"files": [FILE], "base_resp": OK}),
        http({"file": FILE, "base_resp": OK}),
        http({"file_id": 2**60, "base_resp": OK}),
    )

    client.list_files("prompt_audio")
    client.retrieve_file(2**60)
    client.delete_file(2**60, "voice_clone")

    assert [sent.line for sent in provider.received] == [
        "GET /v1/files/list?purpose=prompt_audio HTTP/1.1",
        "GET /v1/files/retrieve?file_id=1152921504606846976 HTTP/1.1",
        "POST /v1/files/delete HTTP/1.1",
    ]
    assert provider.received[2].json == {"file_id": 2**60, "purpose": "voice_clone"}


def test_voice_calls_send_their_bodies(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http({"base_resp": OK}), http({"base_resp": OK}), http({"base_resp": OK}))

    client.list_voices()
    client.list_voices("all")
    client.delete_voice("Anna2024")

    assert [(sent.line, sent.json) for sent in provider.received] == [
        ("POST /v1/get_voice HTTP/1.1", {"voice_type": "voice_cloning"}),
        ("POST /v1/get_voice HTTP/1.1", {"voice_type": "all"}),
        ("POST /v1/delete_voice HTTP/1.1", {"voice_type": "voice_cloning", "voice_id": "Anna2024"}),
    ]


def test_speech_sends_voice_and_audio_settings_without_emotion(
    client: Client, provider: ScriptedServer
) -> None:
    provider.will_send(http({"data": {"audio": "00ff"}, "base_resp": OK}))

    client.generate_speech(
        SpeechRequest(voice_id="Anna2024", text="Hello", model="speech-2.8-hd", speed=1.2, pitch=-3)
    )

    [sent] = provider.received
    assert sent.line == "POST /v1/t2a_v2 HTTP/1.1"
    assert sent.json == {
        "model": "speech-2.8-hd",
        "text": "Hello",
        "voice_setting": {"voice_id": "Anna2024", "speed": 1.2, "vol": 1.0, "pitch": -3},
        "audio_setting": {"sample_rate": 32000, "bitrate": 128000, "format": "mp3", "channel": 1},
        "output_format": "hex",
    }


def test_speech_sends_the_language() -> None:
    request = SpeechRequest("v", "Hello", "m", language_boost="Dutch", output_format="url")

    body = request.body()

    assert (body["language_boost"], body["output_format"]) == ("Dutch", "url")


@pytest.mark.parametrize("tail", ["", "/", "//", "/v1", "/v1/"])
@pytest.mark.parametrize("prefix", ["", "/minimax"])
def test_base_url_may_have_a_prefix_and_a_trailing_slash(
    provider: ScriptedServer, make_client: Callable[..., Client], prefix: str, tail: str
) -> None:
    provider.will_send(http({"base_resp": OK}))

    make_client(base_url=provider.url + prefix + tail).list_voices()

    assert provider.received[0].line == f"POST {prefix}/v1/get_voice HTTP/1.1"


@pytest.mark.parametrize(
    "url", ["", "api.minimax.io", "ftp://x", "https://u:hidden@x", "https://x/?a=1", "https://x/#a"]
)
def test_invalid_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base URL") as caught:
        Client(api_key=KEY, base_url=url)

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "a b", "schlüssel", "a\nb", "a\x00b"])
def test_invalid_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match=r"^the API key is empty or contains characters"):
        Client(api_key=key, base_url="https://api.minimax.io")


def test_group_id_is_sent_only_when_configured(
    provider: ScriptedServer, make_client: Callable[..., Client]
) -> None:
    provider.will_send(http({"base_resp": OK}), http({"files": [], "base_resp": OK}))

    make_client(group_id=" 42 ").delete_voice("Anna2024")
    make_client(group_id="  ").list_files("voice_clone")

    assert [sent.line for sent in provider.received] == [
        "POST /v1/delete_voice?GroupId=42 HTTP/1.1",
        "GET /v1/files/list?purpose=voice_clone HTTP/1.1",
    ]


def test_upload_sends_a_form_like_a_browser(
    provider: ScriptedServer, make_client: Callable[..., Client], tmp_path: Path
) -> None:
    provider.will_send(http({"file": FILE, "base_resp": OK}))
    path = tmp_path / "x"
    path.write_bytes(b"\x00\r\n--sound")

    make_client(upload_path="v1/files").upload_file(
        path, purpose="voice_clone", filename='王芳 "a"\r\n.mp3'
    )

    [sent] = provider.received
    kind, _, boundary = sent.headers["content-type"].partition("; boundary=")
    assert (sent.line, kind) == ("POST /v1/files HTTP/1.1", "multipart/form-data")
    assert "transfer-encoding" not in sent.headers
    assert sent.body.decode() == (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="purpose"\r\n\r\n'
        "voice_clone\r\n"
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="王芳 %22a%22%0D%0A.mp3"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
        "\x00\r\n--sound\r\n"
        f"--{boundary}--\r\n"
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a.mp3", "a.mp3"), ("../b/c.wav", ".._b_c.wav"), ("a\\b\t\x00.wav", "a_b__.wav")],
)
def test_file_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_upload_memory_does_not_grow_with_the_file(
    client: Client, provider: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.truncate(60 * 1024 * 1024)
    provider.will_send(http({"file": FILE, "base_resp": OK}))
    tracemalloc.start()
    try:
        client.upload_file(path, purpose="voice_clone", filename="big.wav")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert int(provider.received[0].headers["content-length"]) > 60 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


def test_multipart_body_has_its_stated_length(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abcdef")
    with path.open("rb") as file:
        body = MultipartBody({"purpose": "p"}, file, filename="x.mp3", size=3)

        whole = b"".join(body)

    assert len(whole) == len(body)
    assert whole.count(b"abc") - whole.count(b"abcd") == 1


def test_reads_share_a_connection_but_clones_do_not(
    client: Client, provider: ScriptedServer
) -> None:
    listed = http({"files": [], "base_resp": OK})
    provider.will_send(listed, listed, http({"base_resp": OK}), listed)

    client.list_files("voice_clone")
    client.list_files("voice_clone")
    client.clone_voice(CloneRequest(7, "Anna2024"))
    client.list_files("voice_clone")

    assert [sent.connection for sent in provider.received] == [1, 1, 2, 3]


def test_each_thread_has_its_own_connection(client: Client, provider: ScriptedServer) -> None:
    listed = http({"files": [], "base_resp": OK})
    provider.will_send(listed, listed)

    def ask() -> None:
        client.list_files("voice_clone")
        client.close()

    ask()
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()

    assert [sent.connection for sent in provider.received] == [1, 2]


def test_cookies_of_the_provider_are_not_kept(client: Client, provider: ScriptedServer) -> None:
    listed = http({"files": [], "base_resp": OK}, headers={"Set-Cookie": "a=b"})
    provider.will_send(listed, listed)

    client.list_files("voice_clone")
    client.list_files("voice_clone")

    assert "cookie" not in provider.received[1].headers
