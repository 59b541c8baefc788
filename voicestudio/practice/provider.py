"""Practice, provider: the calls about voices and speech, from the body to the answer's JSON."""

import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable
from typing import Any

from voicestudio.practice.faults import Refusal, base_resp
from voicestudio.practice.files import FileCalls
from voicestudio.practice.rules import (
    PURPOSES,
    CloneParams,
    get_text,
    invalid_params,
    parse_clone,
    parse_speech,
)
from voicestudio.practice.sample import Sample
from voicestudio.practice.sound import EncodedAudio, encode
from voicestudio.practice.speech import speak
from voicestudio.practice.store import ClonedVoice, Store

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
    """The calls about voices and speech. Methods return the JSON of the answer or raise Refusal."""

    def __init__(self, store: Store, file_calls: FileCalls) -> None:
        self.store = store
        self.file_calls = file_calls
        self.clone_rpm: int | None = None
        self.window_seconds = RATE_WINDOW_SECONDS
        self.reuse_deleted_ids = True
        self.link: Callable[[str], str] = str
        self._clone_times: deque[float] = deque()
        self._lock = threading.Lock()

    def voice_clone(
        self, body: Json, *, flagged: bool = False, refusal: Refusal | None = None
    ) -> Json:
        """POST /v1/voice_clone; `flagged` and `refusal` are rehearsed outcomes of a valid call."""
        self._check_clone_rate()
        params = parse_clone(body)
        sample = self._check_files(params)
        if refusal:
            raise refusal
        voice = ClonedVoice(params.voice_id, params.file_id, sample.pitch_hz, self.store.now())
        with self.store.lock:
            self.store.expire_voices()
            blocked = params.voice_id in self.store.deleted and not self.reuse_deleted_ids
            if params.voice_id in self.store.voices or params.voice_id in SYSTEM_VOICES or blocked:
                raise Refusal(2039)
            self.store.voices[params.voice_id] = voice
            self.store.deleted.discard(params.voice_id)
            self.store.save()
        answer: Json = {
            "input_sensitive": flagged,
            "input_sensitive_type": 5 if flagged else 0,
            "demo_audio": "",
        }
        if params.text:
            sound = speak(
                params.text,
                voice_id=params.voice_id,
                pitch_hz=sample.pitch_hz,
                model=params.model,
                language_boost=params.language_boost,
                watermark=params.watermark,
            )
            audio = encode(sound)
            self.store.charge_characters(
                "preview", params.voice_id, params.model, count_billed(params.text)
            )
            answer["demo_audio"] = self.link(self.store.save_audio(audio.data, audio.format))
            answer["extra_info"] = _extra_info(audio, params.text)
        return {**answer, **base_resp()}

    def t2a_v2(self, body: Json, *, trace_id: str) -> Json:
        """POST /v1/t2a_v2. The first use of a clone charges the clone fee."""
        params = parse_speech(body)
        self.store.expire_voices()
        voice = self.store.voices.get(params.voice_id)
        if voice:
            pitch = voice.pitch_hz
        elif params.voice_id in SYSTEM_VOICES:
            pitch = SYSTEM_VOICES[params.voice_id][1]
        else:
            raise Refusal(2054)
        sound = speak(
            params.text,
            voice_id=params.voice_id,
            pitch_hz=pitch,
            model=params.model,
            language_boost=params.language_boost,
            speed=params.speed,
        )
        audio = encode(
            sound,
            params.format,
            rate=params.sample_rate,
            channels=params.channels,
            bitrate=params.bitrate,
        )
        if voice:
            self.store.record_use(voice)
        self.store.charge_characters(
            "speech", params.voice_id, params.model, count_billed(params.text)
        )
        if params.output == "url":
            audio_value = self.link(self.store.save_audio(audio.data, audio.format))
        else:
            audio_value = audio.data.hex()
        extra_info = {
            **_extra_info(audio, params.text),
            "audio_format": audio.format,
            "audio_channel": audio.channels,
            "invisible_character_ratio": 0,
        }
        return {
            "data": {"audio": audio_value, "status": 2},
            "extra_info": extra_info,
            "trace_id": trace_id,
            **base_resp(),
        }

    def get_voice(self, body: Json) -> Json:
        """POST /v1/get_voice: system voices, and clones that were used for speech."""
        voice_type = get_text(body, "voice_type", required=True)
        if voice_type not in VOICE_TYPES:
            raise invalid_params(f"voice_type must be one of {', '.join(VOICE_TYPES)}")
        self.store.expire_voices()
        with self.store.lock:
            used = [voice for voice in self.store.voices.values() if voice.used_at is not None]
        groups: Json = {}
        if voice_type in ("system", "all"):
            groups["system_voice"] = [
                {"voice_id": voice_id, "voice_name": name, "description": [name]}
                for voice_id, (name, _) in SYSTEM_VOICES.items()
            ]
        if voice_type in ("voice_cloning", "all"):
            groups["voice_cloning"] = [
                {"voice_id": voice.voice_id, "description": [], "created_time": voice.created_date}
                for voice in used
            ] or None
        if voice_type in ("voice_generation", "all"):
            groups["voice_generation"] = None
        return {**groups, **base_resp()}

    def delete_voice(self, body: Json) -> Json:
        """POST /v1/delete_voice."""
        if body.get("voice_type") not in ("voice_cloning", "voice_generation"):
            raise invalid_params("voice_type must be voice_cloning or voice_generation")
        voice_id = get_text(body, "voice_id", required=True)
        with self.store.lock:
            self.store.expire_voices()
            voice = self.store.voices.get(voice_id)
            if voice is None or body["voice_type"] != "voice_cloning":
                raise Refusal(2054)
            del self.store.voices[voice_id]
            self.store.deleted.add(voice_id)
            self.store.save()
        return {"voice_id": voice_id, "created_time": voice.created_date, **base_resp()}

    def _check_clone_rate(self) -> None:
        """Raise Refusal above `clone_rpm` calls within the window; refused calls do not count."""
        if self.clone_rpm is None:
            return
        times = self._clone_times
        with self._lock:
            now = time.monotonic()
            while times and times[0] < now - self.window_seconds:
                times.popleft()
            if len(times) >= self.clone_rpm:
                raise Refusal(1002)
            times.append(now)

    def _check_files(self, params: CloneParams) -> Sample:
        """Check the sample and the prompt clip; return the analysis of the sample."""
        sample = self.file_calls.get_sample(params.file_id, PURPOSES[0])
        low, high = SAMPLE_SECONDS
        if sample.seconds is not None and not low <= sample.seconds <= high:
            raise Refusal(2037)
        if params.text_validation and not _has_words(params.text_validation):
            raise Refusal(1043)
        if params.prompt_audio is not None:
            prompt = self.file_calls.get_sample(params.prompt_audio, PURPOSES[1])
            if prompt.seconds is not None and prompt.seconds >= PROMPT_SECONDS:
                raise Refusal(2048)
            if not _has_words(params.prompt_text):
                raise Refusal(1044)
        return sample


def _has_words(text: str) -> bool:
    """Whether a text can match a recording; the stand-in does not recognise speech."""
    return any(char.isalnum() for char in text)


def count_billed(text: str) -> int:
    """How many characters MiniMax bills: a Han character counts as two."""
    ideographs = (
        "CJK UNIFIED",
        "CJK COMPATIBILITY IDEOGRAPH",
        "IDEOGRAPHIC NUMBER ZERO",
        "IDEOGRAPHIC ITERATION",
    )
    names = (unicodedata.name(char, "") for char in text)
    return len(text) + sum(name.startswith(ideographs) for name in names)


def _extra_info(audio: EncodedAudio, text: str) -> Json:
    """Return `extra_info` for an audio file and its text."""
    return {
        "audio_length": audio.milliseconds,
        "audio_sample_rate": audio.rate,
        "audio_size": len(audio.data),
        "bitrate": audio.bitrate,
        "word_count": len(text.split()),
        "usage_characters": count_billed(text),
    }
