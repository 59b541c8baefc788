"""MiniMax: speech with a voice (`t2a_v2`), request and answer."""

from dataclasses import dataclass
from typing import Any, Literal

from .response import Answer, HttpResponse, get_object, get_text


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
    extra_info: dict[str, Any]


def parse_speech(response: HttpResponse) -> SpeechAnswer:
    """Parse the audio; raises Refused, and InvalidAnswer where `data` is null or holds none."""
    body, answer = response.parse(status_required=False)
    value = get_text(get_object(body, "data"), "audio").strip()
    url, audio = "", b""
    if value.startswith(("http://", "https://")):
        url = value
    else:
        try:
            audio = bytes.fromhex(value)
        except ValueError as error:
            raise response.invalid("the audio is not hexadecimal", body) from error
    if not (audio or url):
        raise response.invalid("no audio in the answer", body)
    return SpeechAnswer(
        audio=audio, url=url, extra_info=get_object(body, "extra_info"), **vars(answer)
    )
