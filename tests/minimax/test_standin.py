"""Client and stand-in, written independently, agree on the API."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.practice.recordings import hum
from voicestudio.minimax import (
    Client,
    CloneRequest,
    NoAnswer,
    NotSent,
    Reason,
    Refused,
    SpeechRequest,
)
from voicestudio.practice.server import Fault, StandIn


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of a tone."""
    path = tmp_path_factory.mktemp("sample") / "sample.wav"
    path.write_bytes(hum(12))
    return path


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture(params=["", "/minimax"])
def client(standin: StandIn, request: pytest.FixtureRequest) -> Iterator[Client]:
    client = Client(api_key="practice", base_url=standin.url + request.param)
    yield client
    client.close()


def test_client_and_stand_in_agree_on_every_call(
    standin: StandIn, client: Client, sample: Path
) -> None:
    uploaded = client.upload_file(sample, purpose="voice_clone", filename="王芳.wav")
    listed = client.list_files("voice_clone")
    retrieved = client.retrieve_file(uploaded.file_id)
    cloned = client.clone_voice(
        CloneRequest(uploaded.file_id, "WangFang2024", text="Hello there.", model="speech-2.8-hd")
    )
    preview = io.BytesIO()
    download = client.download(cloned.demo_audio, preview, max_bytes=50_000_000, timeout=20)
    speech = client.generate_speech(SpeechRequest("WangFang2024", "Hello.", "speech-2.8-turbo"))
    voices = client.list_voices()
    deleted_voice = client.delete_voice("WangFang2024")
    deleted_file = client.delete_file(uploaded.file_id, "voice_clone")

    assert (uploaded.filename, uploaded.bytes) == ("王芳.wav", sample.stat().st_size)
    assert [file.file_id for file in listed.files] == [uploaded.file_id]
    assert retrieved.file_id == uploaded.file_id
    assert (cloned.input_sensitive, cloned.status_code) == (False, 0)
    assert download.bytes == len(preview.getvalue()) > 1000
    assert len(speech.audio) > 1000
    assert [voice.voice_id for voice in voices.voices] == ["WangFang2024"]
    assert (deleted_voice.voice_id, deleted_file.file_id) == ("WangFang2024", uploaded.file_id)
    answers = [uploaded, listed, retrieved, cloned, speech, voices, deleted_voice, deleted_file]
    assert [bool(answer.trace_id) for answer in answers] == [True] * 8


def test_taken_voice_id_is_refused(standin: StandIn, client: Client, sample: Path) -> None:
    file_id = client.upload_file(sample, purpose="voice_clone", filename="a.wav").file_id
    client.clone_voice(CloneRequest(file_id, "Anna2024"))

    with pytest.raises(Refused) as caught:
        client.clone_voice(CloneRequest(file_id, "Anna2024"))

    assert (caught.value.status_code, caught.value.reason) == (2039, Reason.TAKEN)


def test_wrong_key_is_refused(standin: StandIn) -> None:
    client = Client(api_key="sk-some-other-key", base_url=standin.url)

    with pytest.raises(Refused) as caught:
        client.list_voices()
    client.close()

    assert caught.value.reason is Reason.AUTHENTICATION


def test_lost_answer_is_unknown_and_sent_once(
    standin: StandIn, client: Client, sample: Path
) -> None:
    file_id = client.upload_file(sample, purpose="voice_clone", filename="a.wav").file_id
    standin.script("voice_clone", Fault(after="work", action="drop"))

    with pytest.raises(NoAnswer) as caught:
        client.clone_voice(CloneRequest(file_id, "Anna2024"))
    with pytest.raises(Refused) as second:
        client.clone_voice(CloneRequest(file_id, "Anna2024"))

    assert caught.value.outcome_unknown is True
    assert second.value.status_code == 2039
    assert [call.path for call in standin.calls].count(standin.calls[-1].path) == 2


def test_rehearsed_flag_is_read(standin: StandIn, client: Client, sample: Path) -> None:
    file_id = client.upload_file(sample, purpose="voice_clone", filename="a.wav").file_id

    answer = client.clone_voice(CloneRequest(file_id, "Anna2024"), headers={"Rehearse": "flagged"})

    assert answer.input_sensitive is True
    assert answer.input_sensitive_type in range(1, 8)


def test_stopped_stand_in_was_not_sent(sample: Path) -> None:
    with StandIn() as server:
        url = server.url
    client = Client(api_key="practice", base_url=url)

    with pytest.raises(NotSent):
        client.upload_file(sample, purpose="voice_clone", filename="a.wav")
