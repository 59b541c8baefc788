"""Practice, provider: each call of the contract, from a body that arrived to the answer's JSON."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from voicestudio.practice.faults import Refusal, base_resp
from voicestudio.practice.ledger import ClonedVoice, Ledger
from voicestudio.practice.rules import (
    PURPOSES,
    CloneOrder,
    clone_order,
    speech_order,
    text_in,
    wrong,
)
from voicestudio.practice.sample import Sample
from voicestudio.practice.shelf import Shelf
from voicestudio.practice.sound import Encoded, encoded
from voicestudio.practice.speech import speak

SAMPLE_SECONDS = (10.0, 300.0)
PROMPT_SECONDS = 8.0
RATE_WINDOW_SECONDS = 60.0
VOICE_TYPES = ("system", "voice_cloning", "voice_generation", "all")
SYSTEM_VOICES = {
    "female-shaonv": ("Young woman", 230.0),
    "male-qn-qingse": ("Young man", 125.0),
    "English_Trustworth_Man": ("Trustworthy man", 95.0),
    "English_Graceful_Lady": ("Graceful lady", 200.0),
}

Json = dict[str, Any]


class Provider:
    """The calls about voices and speech. Methods return the answer's JSON or raise Refusal."""

    def __init__(self, ledger: Ledger, shelf: Shelf) -> None:
        self.ledger = ledger
        self.shelf = shelf
        self.clone_rpm: int | None = None
        self.speech_rpm: int | None = None
        self.window_seconds = RATE_WINDOW_SECONDS
        self.reuse_deleted_ids = True
        self.link: Callable[[str], str] = str
        self._recent: dict[str, deque[float]] = {"clone": deque(), "speech": deque()}
        self._lock = threading.Lock()

    def voice_clone(
        self, body: Json, *, flagged: bool = False, refusal: Refusal | None = None
    ) -> Json:
        """POST /v1/voice_clone; `flagged` and `refusal` are rehearsed outcomes of a right call."""
        self._count("clone", self.clone_rpm)
        order = clone_order(body)
        sample = self._checked_files(order)
        if refusal:
            raise refusal
        voice = ClonedVoice(order.voice_id, order.file_id, sample.pitch_hz, self.ledger.now())
        with self.ledger.lock:
            self.ledger.expire_voices()
            gone = order.voice_id in self.ledger.deleted and not self.reuse_deleted_ids
            if order.voice_id in self.ledger.voices or order.voice_id in SYSTEM_VOICES or gone:
                raise Refusal(2039)
            self.ledger.voices[order.voice_id] = voice
            self.ledger.deleted.discard(order.voice_id)
            self.ledger.save()
        answer: Json = {
            "input_sensitive": flagged,
            "input_sensitive_type": 5 if flagged else 0,
            "demo_audio": "",
        }
        if order.text:
            sound = speak(
                order.text,
                voice_id=order.voice_id,
                pitch_hz=sample.pitch_hz,
                model=order.model,
                language_boost=order.language_boost,
                watermark=order.watermark,
            )
            audio = encoded(sound)
            self.ledger.charge_characters("preview", order.voice_id, order.model, len(order.text))
            answer["demo_audio"] = self.link(self.ledger.keep_audio(audio.data, audio.format))
            answer["extra_info"] = _about(audio, order.text)
        return {**answer, **base_resp()}

    def t2a_v2(self, body: Json, *, trace_id: str) -> Json:
        """POST /v1/t2a_v2. The first use of a clone makes its fee due."""
        self._count("speech", self.speech_rpm)
        order = speech_order(body)
        self.ledger.expire_voices()
        voice = self.ledger.voices.get(order.voice_id)
        if voice:
            pitch = voice.pitch_hz
        elif order.voice_id in SYSTEM_VOICES:
            pitch = SYSTEM_VOICES[order.voice_id][1]
        else:
            raise Refusal(2054)
        sound = speak(
            order.text,
            voice_id=order.voice_id,
            pitch_hz=pitch,
            model=order.model,
            language_boost=order.language_boost,
            speed=order.speed,
        )
        audio = encoded(
            sound,
            order.format,
            rate=order.sample_rate,
            channels=order.channels,
            bitrate=order.bitrate,
        )
        if voice:
            self.ledger.use(voice)
        self.ledger.charge_characters("speech", order.voice_id, order.model, len(order.text))
        if order.output == "url":
            given = self.link(self.ledger.keep_audio(audio.data, audio.format))
        else:
            given = audio.data.hex()
        about = {
            **_about(audio, order.text),
            "audio_format": audio.format,
            "audio_channel": audio.channels,
            "invisible_character_ratio": 0,
        }
        return {
            "data": {"audio": given, "status": 2},
            "extra_info": about,
            "trace_id": trace_id,
            **base_resp(),
        }

    def get_voice(self, body: Json) -> Json:
        """POST /v1/get_voice: system voices, and clones that have spoken at least once."""
        kind = text_in(body, "voice_type", required=True)
        if kind not in VOICE_TYPES:
            raise wrong(f"voice_type must be one of {', '.join(VOICE_TYPES)}")
        self.ledger.expire_voices()
        with self.ledger.lock:
            used = [voice for voice in self.ledger.voices.values() if voice.used_at is not None]
        groups: Json = {}
        if kind in ("system", "all"):
            groups["system_voice"] = [
                {"voice_id": voice_id, "voice_name": name, "description": [name]}
                for voice_id, (name, _) in SYSTEM_VOICES.items()
            ]
        if kind in ("voice_cloning", "all"):
            groups["voice_cloning"] = [
                {
                    "voice_id": voice.voice_id,
                    "description": [],
                    "created_time": voice.created_date,
                }
                for voice in used
            ] or None
        if kind in ("voice_generation", "all"):
            groups["voice_generation"] = None
        return {**groups, **base_resp()}

    def delete_voice(self, body: Json) -> Json:
        """POST /v1/delete_voice."""
        if body.get("voice_type") not in ("voice_cloning", "voice_generation"):
            raise wrong("voice_type must be voice_cloning or voice_generation")
        voice_id = text_in(body, "voice_id", required=True)
        with self.ledger.lock:
            self.ledger.expire_voices()
            voice = self.ledger.voices.get(voice_id)
            if voice is None or body["voice_type"] != "voice_cloning":
                raise Refusal(2054)
            del self.ledger.voices[voice_id]
            self.ledger.deleted.add(voice_id)
            self.ledger.save()
        return {"voice_id": voice_id, "created_time": voice.created_date, **base_resp()}

    def _count(self, kind: str, limit: int | None) -> None:
        """Refuse what is more than `limit` of a kind within the window; those do not count."""
        if limit is None:
            return
        recent = self._recent[kind]
        with self._lock:
            now = time.monotonic()
            while recent and recent[0] < now - self.window_seconds:
                recent.popleft()
            if len(recent) >= limit:
                raise Refusal(1002)
            recent.append(now)

    def _checked_files(self, order: CloneOrder) -> Sample:
        """Check the sample and the prompt clip; what was heard in the sample."""
        sample = self.shelf.sample(order.file_id, PURPOSES[0])
        shortest, longest = SAMPLE_SECONDS
        if sample.seconds is not None and not shortest <= sample.seconds <= longest:
            raise Refusal(2037)
        if order.text_validation and not _holds_words(order.text_validation):
            raise Refusal(1043)
        if order.prompt_audio is not None:
            prompt = self.shelf.sample(order.prompt_audio, PURPOSES[1])
            if prompt.seconds is not None and prompt.seconds >= PROMPT_SECONDS:
                raise Refusal(2048)
            if not _holds_words(order.prompt_text):
                raise Refusal(1044)
        return sample


def _holds_words(text: str) -> bool:
    """The stand-in does not recognise speech: a text without one letter matches no recording."""
    return any(sign.isalnum() for sign in text)


def _about(audio: Encoded, text: str) -> Json:
    """`extra_info` for an audio file and the text that it speaks."""
    return {
        "audio_length": audio.milliseconds,
        "audio_sample_rate": audio.rate,
        "audio_size": len(audio.data),
        "bitrate": audio.bitrate,
        "word_count": len(text.split()),
        "usage_characters": len(text),
    }
