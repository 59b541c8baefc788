"""MiniMax: speech with a voice (`t2a_v2`), request and answer."""

import base64
import io
import json
import re
import wave
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from .response import (
    Answer,
    HttpResponse,
    find_audio,
    get_object,
    get_text,
    parse_count,
    parse_int64,
)

# `data.status`: the speech goes on in another part, or this is all of it.
UNFINISHED: Final = 1
FINISHED: Final = 2
_URL_SAFE: Final = str.maketrans("-_", "+/")  # base64 in its other alphabet


@dataclass(frozen=True)
class SpeechRequest:
    """One `t2a_v2` call.

    Ranges: see `limits`. Pitch in semitones, `sample_rate` in Hz, `bitrate` in bit/s. There is
    no `emotion`: when it is left out, the model derives it from the text.
    """

    voice_id: str
    text: str
    model: str
    speed: float = 1.0
    volume: float = 1.0
    pitch: int = 0
    sample_rate: int = 32000
    bitrate: int = 128000
    format: str = "mp3"
    channel: int = 1
    language_boost: str = ""
    output_format: Literal["hex", "url"] = "hex"

    def body(self) -> dict[str, Any]:
        """Return the JSON object to send. Source: provider.md, "Calls"."""
        body: dict[str, Any] = {
            "model": self.model,
            "text": self.text,
            "voice_setting": {
                "voice_id": self.voice_id,
                "speed": self.speed,
                "vol": self.volume,
                "pitch": self.pitch,
            },
            "audio_setting": {
                "sample_rate": self.sample_rate,
                "bitrate": self.bitrate,
                "format": self.format,
                "channel": self.channel,
            },
            "output_format": self.output_format,
        }
        if self.language_boost:
            body["language_boost"] = self.language_boost
        return body


@dataclass(frozen=True, kw_only=True)
class SpeechAnswer(Answer):
    """The generated speech: either the audio itself or a link to it, good for 24 hours."""

    audio: bytes
    url: str
    usage_characters: int | None  # as billed
    extra_info: dict[str, Any]


def parse_speech(response: HttpResponse, request: SpeechRequest) -> SpeechAnswer:
    """Parse the audio in every wrapping that gateways were seen to use.

    Hexadecimal or base64 text, a link, a body that is audio, server-sent events, and samples
    without a header. Source: provider.md, "Calls" and "Gateways". Raises Refused, and
    InvalidAnswer where the speech is unfinished or holds no audio.
    """
    if not response.is_whole:  # half of the audio would look like all of it
        raise response.invalid("the answer broke off")
    if 200 <= response.http_status < 300 and has_audio_header(response.content):
        return _make_answer(response.content, "", {}, response.plain_success())
    if response.content.lstrip().startswith((b"data:", b"event:", b"id:", b":")):
        response = replace(response, content=_join_events(response.content))
    body, answer = response.parse(status_required=False)
    data = get_object(body, "data")
    if parse_int64(data.get("status")) == UNFINISHED:
        raise response.invalid("the speech is unfinished", body)
    value = find_audio(body)
    extra_info = get_object(data | body, "extra_info")
    if value.lower().startswith(("http://", "https://")):
        return _make_answer(b"", value, extra_info, answer)
    audio = _decode(value)
    if not audio:
        raise response.invalid("no audio in the answer", body)
    return _make_answer(_add_header(audio, extra_info, request), "", extra_info, answer)


def has_audio_header(content: bytes) -> bool:
    """Whether the bytes begin like a file of one of the formats that `t2a_v2` can send."""
    return content.startswith((b"ID3", b"RIFF", b"fLaC", b"OggS")) or (
        # A frame of an mp3 or aac. The mark of UTF-16, FF FE, would be one of layer I.
        len(content) > 1
        and content[0] == 0xFF
        and content[1] & 0xE0 == 0xE0
        and content[1] & 0x06 != 0x06
    )


def _make_answer(
    audio: bytes, url: str, extra_info: dict[str, Any], answer: Answer
) -> SpeechAnswer:
    usage = parse_count(extra_info, "usage_characters")
    return SpeechAnswer(
        audio=audio, url=url, usage_characters=usage, extra_info=extra_info, **vars(answer)
    )


def _decode(value: str) -> bytes:
    """Return the bytes of hexadecimal or base64 text; empty if it is neither."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        pass
    text = "".join(value.rpartition("base64,")[2].split()).translate(_URL_SAFE)
    # Each event of a stream may end in padding of its own; some writers leave it out.
    parts = [part + "=" * (-len(part) % 4) for part in re.split("=+", text)]
    try:
        audio = b"".join(base64.b64decode(part, validate=True) for part in parts)
    except ValueError:
        return b""
    # Many words are base64 by chance.
    return audio if has_audio_header(audio) else b""


def _add_header(audio: bytes, extra_info: dict[str, Any], request: SpeechRequest) -> bytes:
    """Return samples without a header as a wav file; any other audio as it is."""
    kind = get_text(extra_info, "audio_format") or request.format
    if has_audio_header(audio) or kind not in {"pcm", "wav"}:
        return audio
    rate = parse_count(extra_info, "audio_sample_rate") or request.sample_rate
    channels = parse_count(extra_info, "audio_channel") or request.channel
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(channels if channels in {1, 2} else request.channel)
        target.setsampwidth(2)
        target.setframerate(rate if 8_000 <= rate <= 48_000 else request.sample_rate)
        target.writeframes(audio)
    return file.getvalue()


def _join_events(content: bytes) -> bytes:
    """Return server-sent events as the one JSON object that they make together.

    Each event carries a part of the audio; the last one, of status 2, may repeat all of it.
    """
    parts: list[str] = []
    joined: dict[str, Any] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        try:
            event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else None
        except (ValueError, RecursionError):
            continue
        if not isinstance(event, dict):
            continue
        data = get_object(event, "data")
        audio = get_text(data, "audio")
        finished = parse_int64(data.get("status")) == FINISHED
        first = next(filter(None, parts), "")
        whole = finished and bool(first) and audio.startswith(first)
        parts = [audio] if whole else [*parts, audio]
        joined |= event | {"data": data | {"audio": "".join(parts)}}
    return json.dumps(joined).encode()
