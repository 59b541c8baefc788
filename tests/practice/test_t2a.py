"""The rules and answers of t2a_v2 and voice_design. Source: provider.md."""

import io
import json
from decimal import Decimal
from typing import Any

import av
import pytest
import requests

from tests.practice.conftest import Caller
from tests.practice.recordings import hum
from tests.practice.test_rules import ABSENT, changed, code
from voicestudio.practice.event_stream import CHUNK_BYTES
from voicestudio.practice.faults import Fault
from voicestudio.practice.server import StandIn
from voicestudio.practice.subtitles import make_subtitles
from voicestudio.practice.system_voices import SYSTEM_VOICES

TEXT = "Good morning, and welcome. It rains."
VOICE = "male-qn-qingse"
SPEECH = {"model": "speech-2.8-hd", "text": TEXT, "voice_setting": {"voice_id": VOICE}}
DESIGN = {"prompt": "A calm woman who reads the news", "preview_text": "Good evening."}


def voice(**setting: Any) -> dict[str, Any]:
    return {"voice_setting": {"voice_id": VOICE, **setting}}


def audio(**setting: Any) -> dict[str, Any]:
    return {"audio_setting": setting}


def mix(*weights: Any) -> dict[str, Any]:
    rows = [{"voice_id": VOICE, "weight": weight} for weight in weights]
    return {"voice_setting": ABSENT, "timbre_weights": rows}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0),
        ({"model": ABSENT}, 2013), ({"model": None}, 2013), ({"model": "speech-9"}, 2013),
        ({"text": ABSENT}, 2013), ({"text": " "}, 2013), ({"text": "a" * 10_000}, 2013),
        ({"text": "Hi\u200b\u200bthere"}, 1042),
        ({"voice_setting": ABSENT}, 2013), ({"voice_setting": {}}, 2013),
        ({"voice_setting": None}, 2013), (voice(voice_id="Nobody-01"), 2054),
        (voice(speed=0.5, pitch=-12), 0), (voice(speed=2, pitch=12), 0),
        (voice(speed=None, vol=None, pitch=None, emotion=None), 0),
        (voice(speed=0.49), 2013), (voice(speed=2.1), 2013), (voice(speed="1"), 2013),
        (voice(vol=0), 2013), (voice(vol=0.0), 2013), (voice(vol=-1), 2013),
        (voice(vol=0.01), 0), (voice(vol=10), 0), (voice(vol=10.1), 2013),
        (voice(pitch=13), 2013), (voice(pitch=-13), 2013), (voice(pitch=0.5), 2013),
        (voice(pitch=1.0), 2013),
        *((voice(emotion=name), 0) for name in (
            "happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm",
        )),
        (voice(emotion="bored"), 2013), (voice(emotion=""), 2013), (voice(emotion=1), 2013),
        (voice(emotion="whisper"), 2013), (voice(emotion="fluent"), 2013),
        ({**voice(emotion="whisper"), "model": "speech-2.6-hd"}, 0),
        ({**voice(emotion="fluent"), "model": "speech-2.6-turbo"}, 0),
        ({**voice(emotion="fluent"), "model": "speech-02-hd"}, 2013),
        (voice(text_normalization=True, latex_read=False), 0), (voice(latex_read="yes"), 2013),
        ({"text_normalization": True, "latex_read": True}, 0), ({"latex_read": 1}, 2013),
        ({"continuous_sound": True}, 0), ({"continuous_sound": "true"}, 2013),
        ({"continuous_sound": True, "model": "speech-2.6-hd"}, 2013),
        ({"aigc_watermark": True}, 0), ({"aigc_watermark": 1}, 2013),
        *((audio(sample_rate=rate), 0) for rate in (8_000, 16_000, 22_050, 24_000, 32_000, 44_100)),
        (audio(sample_rate=48_000), 2013), (audio(sample_rate="32000"), 2013),
        *((audio(bitrate=rate), 0) for rate in (32_000, 64_000, 128_000, 256_000)),
        (audio(bitrate=1), 2013),
        (audio(channel=2), 0), (audio(channel=3), 2013), (audio(channel=True), 2013),
        (audio(format="ogg"), 2013),
        (audio(sample_rate=None, bitrate=None, format=None, channel=None), 0),
        ({"audio_setting": None, "language_boost": None, "output_format": None}, 0),
        ({"audio_setting": []}, 2013), ({"output_format": "base64"}, 2013),
        ({"language_boost": "Klingon"}, 2013),
        ({"language_boost": "Tamil", "model": "speech-01-hd"}, 2013),
        (mix(1), 0), (mix(1, 30, 60, 100), 0), (mix(1, 2, 3, 4, 5), 2013), (mix(0), 2013),
        (mix(101), 2013), (mix(0.5), 2013), (mix(), 2013), (mix(None), 2013),
        ({"timbre_weights": [{"voice_id": "Nobody-01", "weight": 1}]}, 2054),
        ({"timbre_weights": [VOICE]}, 2013), ({"timbre_weights": {}}, 2013),
        ({"timbre_weights": None}, 0), ({"timbre_weights": []}, 0),
        ({"pronunciation_dict": {"tone": ["omg/oh my god", "处理/(chu3)(li3)"]}}, 0),
        ({"pronunciation_dict": {}}, 0), ({"pronunciation_dict": None}, 0),
        ({"pronunciation_dict": {"tone": "omg/oh"}}, 2013),
        ({"pronunciation_dict": {"tone": ["omg"]}}, 2013),
        ({"pronunciation_dict": {"tone": [7]}}, 2013), ({"pronunciation_dict": []}, 2013),
        ({"voice_modify": {"pitch": -100, "intensity": 100, "timbre": 0}}, 0),
        ({"voice_modify": {"pitch": 101}}, 2013), ({"voice_modify": {"timbre": 0.5}}, 2013),
        ({"voice_modify": {"sound_effects": "robotic"}}, 0),
        ({"voice_modify": {"sound_effects": "cave"}}, 2013), ({"voice_modify": None}, 0),
        ({"subtitle_enable": True, "subtitle_type": "word"}, 0), ({"subtitle_enable": 1}, 2013),
        ({"subtitle_enable": True, "subtitle_type": "line"}, 2013),
        ({"subtitle_enable": True, "subtitle_type": "word_streaming"}, 2013),
        ({"stream": "true"}, 2013), ({"stream": None}, 0), ({"stream_options": []}, 2013),
        ({"stream": True, **audio(format="wav")}, 2013),
        ({"stream": True, "text": " "}, 2013),
        ({"stream": True, "stream_options": {"exclude_aggregated_audio": 1}}, 2013),
    ],
)  # fmt: skip
def test_speech_checks_its_body(caller: Caller, changes: dict[str, Any], expected: int) -> None:
    answer = caller.post("/v1/t2a_v2", changed({**SPEECH, "text": "Hi."}, changes))

    assert code(answer.json()) == expected


@pytest.mark.parametrize("voice_id", SYSTEM_VOICES)
def test_speech_knows_every_system_voice(caller: Caller, voice_id: str) -> None:
    body = {**SPEECH, "text": "Hi.", "voice_setting": {"voice_id": voice_id}}

    assert code(caller.post("/v1/t2a_v2", body).json()) == 0


def test_speech_is_returned_as_hex_or_url(caller: Caller) -> None:
    as_hex = caller.post("/v1/t2a_v2", SPEECH).json()
    as_link = caller.post("/v1/t2a_v2", {**SPEECH, "output_format": "url"}).json()

    linked = caller.session.get(as_link["data"]["audio"], timeout=10).content
    assert len(bytes.fromhex(as_hex["data"]["audio"])) == as_hex["extra_info"]["audio_size"]
    assert len(linked) == as_link["extra_info"]["audio_size"]


@pytest.mark.parametrize(
    ("kind", "asked", "rate", "codec", "content_type"),
    [
        ("mp3", None, 32_000, "mp3float", "audio/mpeg"),
        ("mp3", 44_100, 44_100, "mp3float", "audio/mpeg"),
        ("wav", None, 32_000, "pcm_s16le", "audio/wav"),
        ("flac", 8_000, 8_000, "flac", "audio/flac"),
        ("opus", None, 24_000, "opus", "audio/ogg"), ("opus", 32_000, 24_000, "opus", "audio/ogg"),
        ("opus", 16_000, 16_000, "opus", "audio/ogg"),
        ("pcmu_wav", None, 8_000, "pcm_mulaw", "audio/wav"),
        ("pcmu_raw", None, 8_000, "", "application/octet-stream"),
        ("pcm", None, 32_000, "", "application/octet-stream"),
    ],
)  # fmt: skip
def test_speech_is_encoded_as_asked(
    caller: Caller, kind: str, asked: int | None, rate: int, codec: str, content_type: str
) -> None:
    body = {**SPEECH, **audio(format=kind, sample_rate=asked), "output_format": "url"}

    answer = caller.post("/v1/t2a_v2", body).json()
    response = caller.session.get(answer["data"]["audio"], timeout=10)

    extra_info = answer["extra_info"]
    assert (extra_info["audio_format"], extra_info["audio_sample_rate"]) == (kind, rate)
    assert extra_info["audio_size"] == len(response.content)
    assert response.headers["Content-Type"] == content_type
    if codec:
        with av.open(io.BytesIO(response.content)) as container:
            stream = container.streams.audio[0]
            assert stream.codec_context.codec.name == codec
            assert stream.rate == (48_000 if kind == "opus" else rate)  # opus decodes at 48 kHz
    else:
        width = {"pcm": 2, "pcmu_raw": 1}[kind]
        seconds = len(response.content) / width / rate
        assert 1000 * seconds == pytest.approx(extra_info["audio_length"], abs=20)


def read_events(text: str) -> list[dict[str, Any]]:
    assert text.endswith("\n\n")
    return [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n")[:-1]]


@pytest.mark.parametrize(
    ("options", "repeats"),
    [(ABSENT, True), (None, True), ({"exclude_aggregated_audio": False}, True),
     ({"exclude_aggregated_audio": True}, False)],
)  # fmt: skip
def test_stream_is_answered_by_events(caller: Caller, options: Any, repeats: bool) -> None:
    plain = caller.post("/v1/t2a_v2", {**SPEECH, **audio(format="pcm")}).json()
    body = {**SPEECH, **audio(format="pcm"), "stream": True, "output_format": "url"}

    response = caller.post("/v1/t2a_v2", changed(body, {"stream_options": options}))

    *pieces, last = read_events(response.text)
    whole = bytes.fromhex("".join(event["data"]["audio"] for event in pieces))
    assert response.headers["Content-Type"].partition(";")[0] == "text/event-stream"
    assert len(whole) == pytest.approx(plain["extra_info"]["audio_size"], rel=0.1)
    assert {len(event["data"]["audio"]) for event in pieces[:-1]} == {2 * CHUNK_BYTES}
    assert [sorted(event) for event in pieces] == [["base_resp", "data", "trace_id"]] * len(pieces)
    assert [event["data"]["status"] for event in (*pieces, last)] == [1] * len(pieces) + [2]
    assert last["data"]["audio"] == (whole.hex() if repeats else "")
    assert sorted(last) == sorted(plain)
    assert last["extra_info"]["audio_size"] == len(whole)
    assert {event["trace_id"] for event in (*pieces, last)} == {response.headers["Trace-Id"]}


def test_stream_that_is_refused_is_answered_by_json(caller: Caller) -> None:
    response = caller.post("/v1/t2a_v2", {**SPEECH, **voice(voice_id="Nobody-01"), "stream": True})

    assert (response.headers["Content-Type"].partition(";")[0], code(response.json())) == (
        "application/json",
        2054,
    )


def test_stream_can_be_cut_off(caller: Caller, stand_in: StandIn) -> None:
    stand_in.script("t2a_v2", Fault(after="work", action="truncate"))

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.post("/v1/t2a_v2", {**SPEECH, "stream": True})

    assert [line.kind for line in stand_in.bill] == ["speech"]


@pytest.mark.parametrize("stream", [False, True])
def test_subtitles_are_linked(caller: Caller, stream: bool) -> None:
    response = caller.post("/v1/t2a_v2", {**SPEECH, "subtitle_enable": True, "stream": stream})

    answer = read_events(response.text)[-1] if stream else response.json()
    lines = caller.session.get(answer["data"]["subtitle_file"], timeout=10).json()
    assert lines == make_subtitles(TEXT, answer["extra_info"]["audio_length"], words=False)


def test_subtitles_have_times_of_sentences_and_words() -> None:
    assert make_subtitles("Hello you. Bye", 1400, words=True) == [
        {
            "text": "Hello you.", "time_begin": 0, "time_end": 1100,
            "text_begin": 0, "text_end": 11,
            "timestamped_words": [
                {"word": "Hello", "time_begin": 0, "time_end": 500,
                 "word_begin": 0, "word_end": 5},
                {"word": "you.", "time_begin": 600, "time_end": 1000,
                 "word_begin": 6, "word_end": 10},
            ],
        },
        {
            "text": "Bye", "time_begin": 1100, "time_end": 1400,
            "text_begin": 11, "text_end": 14,
            "timestamped_words": [
                {"word": "Bye", "time_begin": 1100, "time_end": 1400,
                 "word_begin": 11, "word_end": 14},
            ],
        },
    ]  # fmt: skip


def test_pronunciation_changes_the_speech_but_not_the_bill(
    caller: Caller, stand_in: StandIn
) -> None:
    respelled = {"pronunciation_dict": {"tone": ["rains/rains all day and all night"]}}

    plain = caller.post("/v1/t2a_v2", SPEECH).json()["extra_info"]
    longer = caller.post("/v1/t2a_v2", {**SPEECH, **respelled}).json()["extra_info"]

    assert longer["audio_length"] > 1.2 * plain["audio_length"]
    assert [line.units for line in stand_in.bill] == [len(TEXT), len(TEXT)]


def test_mixed_clones_are_all_used(caller: Caller, stand_in: StandIn) -> None:
    for voice_id, hertz in (("Deep-0001", 95), ("High-0001", 230)):
        caller.clone({"file_id": caller.file_id(hum(11, hertz)), "voice_id": voice_id})
    weights = [{"voice_id": name, "weight": 1} for name in ("Deep-0001", "High-0001", VOICE)]

    answer = caller.post("/v1/t2a_v2", {**SPEECH, "timbre_weights": weights}).json()

    assert code(answer) == 0
    assert [(line.kind, line.voice_id) for line in stand_in.bill] == [
        ("clone", "Deep-0001"),
        ("clone", "High-0001"),
        ("speech", "Deep-0001"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 0), ({"voice_id": None, "aigc_watermark": None}, 0), ({"voice_id": "Anna-0001"}, 0),
        ({"aigc_watermark": True}, 0), ({"aigc_watermark": "yes"}, 2013),
        ({"voice_id": "Anna"}, 2013), ({"voice_id": VOICE}, 2039),
        ({"prompt": ABSENT}, 2013), ({"prompt": " "}, 2013), ({"prompt": 7}, 2013),
        ({"preview_text": ABSENT}, 2013), ({"preview_text": None}, 2013),
        ({"preview_text": "a" * 501}, 2013), ({"preview_text": "Hi\u200b\u200bthere"}, 1042),
    ],
)  # fmt: skip
def test_voice_design_checks_its_body(
    caller: Caller, changes: dict[str, Any], expected: int
) -> None:
    assert code(caller.post("/v1/voice_design", changed(DESIGN, changes)).json()) == expected


def test_designed_voice_speaks_is_listed_and_deleted(caller: Caller, stand_in: StandIn) -> None:
    designed = caller.post("/v1/voice_design", DESIGN).json()
    voice_id = designed["voice_id"]
    speech = caller.post("/v1/t2a_v2", {**SPEECH, **voice(voice_id=voice_id)}).json()
    listed = caller.post("/v1/get_voice", {"voice_type": "all"}).json()
    row = {"voice_id": voice_id, "voice_type": "voice_generation"}
    wrong = caller.post("/v1/delete_voice", {**row, "voice_type": "voice_cloning"}).json()
    right = caller.post("/v1/delete_voice", row).json()

    assert sorted(designed) == ["base_resp", "trial_audio", "voice_id"]
    assert bytes.fromhex(designed["trial_audio"])[:3] == b"ID3"
    assert (listed["voice_cloning"], [row["voice_id"] for row in listed["voice_generation"]]) == (
        None,
        [voice_id],
    )
    assert [code(speech), code(wrong), code(right)] == [0, 2054, 0]
    assert [(line.kind, line.amount) for line in stand_in.bill] == [
        ("speech", Decimal(100) * len(TEXT) / 1_000_000)
    ]
