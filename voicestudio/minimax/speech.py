"""MiniMax: real speech with a voice, as asked and as answered."""

from dataclasses import dataclass
from typing import Any, Literal

from .answer import Answer, Answered, object_in, text_in


@dataclass(frozen=True)
class SpeechRequest:
    """One `t2a_v2` call.

    Speed 0.5 to 2, volume 0 to 10, pitch -12 to 12 half-tones, rates in Hz and bit/s. There is no
    `emotion`: left out, the model finds it in the text.
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
        """The JSON object as on the wire. Source: provider.md, "Calls"."""
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
class SpeechAnswer(Answered):
    """Spoken: either the audio itself or, for 24 hours, a link to it."""

    audio: bytes
    url: str
    extra_info: dict[str, Any]


def read_speech(answer: Answer) -> SpeechAnswer:
    """Raises Refused and Nonsense; `data` may be null even in an answer that says yes."""
    body, kept = answer.judged(verdict_needed=False)
    spoken = text_in(object_in(body, "data"), "audio").strip()
    url, audio = "", b""
    if spoken.startswith(("http://", "https://")):
        url = spoken
    else:
        try:
            audio = bytes.fromhex(spoken)
        except ValueError as problem:
            raise answer.nonsense("the audio is not hexadecimal", body) from problem
    if not (audio or url):
        raise answer.nonsense("no audio in the answer", body)
    return SpeechAnswer(
        audio=audio, url=url, extra_info=object_in(body, "extra_info"), **vars(kept)
    )
