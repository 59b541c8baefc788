"""Practice, provider: the calls about voices and speech, from the body to the answer's JSON."""

import json
import secrets
import threading
import time
import unicodedata
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any

from voicestudio.practice.faults import Refusal, base_resp
from voicestudio.practice.files import FileCalls
from voicestudio.practice.rules import PURPOSES, CloneParams, get_choice, get_text, parse_clone
from voicestudio.practice.sample import Sample
from voicestudio.practice.sound import EncodedAudio, encode
from voicestudio.practice.speech import DEFAULT_HZ, speak
from voicestudio.practice.speech_rules import SpeechParams, parse_design
from voicestudio.practice.store import ClonedVoice, Store
from voicestudio.practice.subtitles import make_subtitles
from voicestudio.practice.system_voices import SYSTEM_VOICES

SAMPLE_SECONDS = (10.0, 300.0)
PROMPT_SECONDS = 8.0
RATE_WINDOW_SECONDS = 60.0
OWN_VOICE_TYPES = ("voice_cloning", "voice_generation")
VOICE_TYPES = ("system", *OWN_VOICE_TYPES, "all")

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
        self._add_voice(voice)
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

    def voice_design(self, body: Json) -> Json:
        """POST /v1/voice_design: a voice from a description, with a spoken trial."""
        params = parse_design(body)
        voice_id = params.voice_id or f"ttv-voice-{secrets.token_hex(8)}"
        pitch = 90.0 + zlib.crc32(params.prompt.encode(errors="replace")) % 150
        self._add_voice(
            ClonedVoice(voice_id, None, pitch, self.store.now(), voice_type="voice_generation")
        )
        sound = speak(
            params.preview_text, voice_id=voice_id, pitch_hz=pitch, watermark=params.watermark
        )
        return {"voice_id": voice_id, "trial_audio": encode(sound).data.hex(), **base_resp()}

    def _add_voice(self, voice: ClonedVoice) -> None:
        """Save a new voice; raises Refusal when its ID is taken."""
        with self.store.lock:
            self.store.expire_voices()
            blocked = voice.voice_id in self.store.deleted and not self.reuse_deleted_ids
            if voice.voice_id in self.store.voices or voice.voice_id in SYSTEM_VOICES or blocked:
                raise Refusal(2039)
            self.store.voices[voice.voice_id] = voice
            self.store.deleted.discard(voice.voice_id)
            self.store.save()

    def t2a_v2(self, params: SpeechParams, *, trace_id: str) -> Json:
        """POST /v1/t2a_v2. The first use of a clone charges the clone fee."""
        self.store.expire_voices()
        first_id = params.voices[0][0]
        pitch = self._mix_pitch(params)
        own_voices = [
            self.store.voices[voice_id]
            for voice_id, _ in params.voices
            if voice_id in self.store.voices
        ]
        sound = speak(
            params.spoken_text,
            voice_id=first_id,
            pitch_hz=pitch,
            model=params.model,
            language_boost=params.language_boost,
            speed=params.speed,
            watermark=params.watermark,
        )
        audio = encode(
            sound,
            params.format,
            rate=params.sample_rate,
            channels=params.channels,
            bitrate=params.bitrate,
        )
        for voice in own_voices:
            self.store.record_use(voice)
        self.store.charge_characters("speech", first_id, params.model, count_billed(params.text))
        data: Json = {"audio": audio.data.hex(), "status": 2}
        if params.output == "url":
            data["audio"] = self.link(self.store.save_audio(audio.data, audio.extension))
        if params.subtitle_type:
            words = params.subtitle_type != "sentence"
            lines = make_subtitles(params.text, audio.milliseconds, words=words)
            data["subtitle_file"] = self.link(
                self.store.save_audio(json.dumps(lines).encode(), "json")
            )
        extra_info = {
            **_extra_info(audio, params.text),
            "audio_format": audio.format,
            "audio_channel": audio.channels,
            "invisible_character_ratio": 0,
        }
        return {"data": data, "extra_info": extra_info, "trace_id": trace_id, **base_resp()}

    def _mix_pitch(self, params: SpeechParams) -> float:
        """Return the weighted pitch (Hz) of the voices, raised by the semitones of `pitch`."""
        total = sum(weight for _, weight in params.voices)
        mixed = sum(self._get_pitch(voice_id) * weight for voice_id, weight in params.voices)
        return float(mixed / total * 2 ** (params.pitch / 12))

    def _get_pitch(self, voice_id: str) -> float:
        """Return the pitch (Hz) of a voice; raises Refusal when it does not exist."""
        if voice := self.store.voices.get(voice_id):
            return voice.pitch_hz or DEFAULT_HZ
        if voice_id not in SYSTEM_VOICES:
            raise Refusal(2054)
        return SYSTEM_VOICES[voice_id][1]

    def get_voice(self, body: Json) -> Json:
        """POST /v1/get_voice: system voices, and own voices that were used for speech."""
        voice_type = get_choice(body, "voice_type", VOICE_TYPES, "")
        self.store.expire_voices()
        with self.store.lock:
            used = [voice for voice in self.store.voices.values() if voice.used_at is not None]
        groups: Json = {}
        if voice_type in ("system", "all"):
            groups["system_voice"] = [
                {"voice_id": voice_id, "voice_name": name, "description": [name]}
                for voice_id, (name, _) in SYSTEM_VOICES.items()
            ]
        for own_type in OWN_VOICE_TYPES:
            if voice_type in (own_type, "all"):
                groups[own_type] = [
                    {
                        "voice_id": voice.voice_id,
                        "description": [],
                        "created_time": voice.created_date,
                    }
                    for voice in used
                    if voice.voice_type == own_type
                ] or None
        return {**groups, **base_resp()}

    def delete_voice(self, body: Json) -> Json:
        """POST /v1/delete_voice."""
        voice_type = get_choice(body, "voice_type", OWN_VOICE_TYPES, "")
        voice_id = get_text(body, "voice_id", required=True)
        with self.store.lock:
            self.store.expire_voices()
            voice = self.store.voices.get(voice_id)
            if voice is None or voice.voice_type != voice_type:
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
