"""Practice, provider: each call of the contract, from a body that arrived to the answer's JSON."""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from voicestudio.practice.faults import MESSAGES, Refusal
from voicestudio.practice.ledger import ClonedVoice, Ledger, StoredFile
from voicestudio.practice.multipart import Form
from voicestudio.practice.rules import (
    EXTENSIONS,
    PURPOSES,
    CloneOrder,
    clone_order,
    integer_in,
    purpose_in,
    speech_order,
    text_in,
    wrong,
)
from voicestudio.practice.sample import Sample, listen
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


def base_resp(status_code: int = 0, status_msg: str | None = None) -> Json:
    """The part that every answer has."""
    message = MESSAGES.get(status_code, "error") if status_msg is None else status_msg
    return {"base_resp": {"status_code": status_code, "status_msg": message}}


def file_id_of_15_digits() -> int:
    """A new file_id; tests put larger ones in its place."""
    return secrets.randbelow(9 * 10**14) + 10**14


class Provider:
    """The contract over one ledger. Methods return the answer's JSON or raise Refusal."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.max_file_bytes = 20 * 1024 * 1024
        self.clone_rpm: int | None = None
        self.reuse_deleted_ids = True
        self.make_file_id: Callable[[], int] = file_id_of_15_digits
        self.link: Callable[[str], str] = str
        self._recent_clones: deque[float] = deque()
        self._samples: dict[int, Future[Sample]] = {}
        self._listeners = ThreadPoolExecutor(1, thread_name_prefix="practice-listener")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Drop what has not been listened to yet."""
        self._listeners.shutdown(wait=True, cancel_futures=True)

    def upload(self, form: Form) -> Json:
        """POST /v1/files/upload. Neither extension nor length is looked at yet."""
        try:
            purpose = purpose_in(dict(form.fields))
            if form.path is None or not form.filename:
                raise wrong("file is required")
            if form.size > self.max_file_bytes:
                raise wrong(f"file must have at most {self.max_file_bytes} bytes")
            if form.size == 0:
                raise wrong("file is empty")
            row = self.ledger.add_file(
                form.path,
                file_id=self.make_file_id(),
                purpose=purpose,
                filename=form.filename,
            )
        finally:
            if form.path:
                form.path.unlink(missing_ok=True)
        self._sample(row)
        return {"file": row.on_the_wire(), **base_resp()}

    def files_list(self, query: dict[str, str]) -> Json:
        """GET /v1/files/list, newest first."""
        purpose = purpose_in(dict(query))
        with self.ledger.lock:
            rows = [row for row in self.ledger.files.values() if row.purpose == purpose]
        return {"files": [row.on_the_wire() for row in reversed(rows)], **base_resp()}

    def files_retrieve(self, query: dict[str, str]) -> Json:
        """GET /v1/files/retrieve."""
        given = query.get("file_id", "")
        if not (given.isascii() and given.isdigit()):
            raise wrong("file_id must be an integer")
        return {"file": self._file(int(given)).on_the_wire(), **base_resp()}

    def files_delete(self, body: Json) -> Json:
        """POST /v1/files/delete."""
        file_id = integer_in(body, "file_id")
        purpose = purpose_in(body)
        with self.ledger.lock:
            if self._file(file_id).purpose != purpose:
                raise wrong("purpose is not that of the file")
            self.ledger.remove_file(file_id)
        return {"file_id": file_id, **base_resp()}

    def voice_clone(
        self, body: Json, *, flagged: bool = False, refusal: Refusal | None = None
    ) -> Json:
        """POST /v1/voice_clone; `flagged` and `refusal` are rehearsed outcomes of a right call."""
        self._count_clone()
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

    def _file(self, file_id: int) -> StoredFile:
        row = self.ledger.files.get(file_id)
        if row is None:
            raise wrong("file does not exist")
        return row

    def _sample(self, row: StoredFile) -> Future[Sample]:
        """What is heard in a file, begun when it is uploaded so that the clone call is quick."""
        with self._lock:
            if row.file_id not in self._samples:
                self._samples[row.file_id] = self._listeners.submit(listen, row.path)
            return self._samples[row.file_id]

    def _count_clone(self) -> None:
        if self.clone_rpm is None:
            return
        with self._lock:
            now = time.monotonic()
            while self._recent_clones and self._recent_clones[0] < now - RATE_WINDOW_SECONDS:
                self._recent_clones.popleft()
            if len(self._recent_clones) >= self.clone_rpm:
                raise Refusal(1002)
            self._recent_clones.append(now)

    def _checked_files(self, order: CloneOrder) -> Sample:
        """Check the sample and the prompt clip; what was heard in the sample."""
        sample = self._checked_file(order.file_id, PURPOSES[0])
        shortest, longest = SAMPLE_SECONDS
        if sample.seconds is not None and not shortest <= sample.seconds <= longest:
            raise Refusal(2037)
        if order.text_validation and not _holds_words(order.text_validation):
            raise Refusal(1043)
        if order.prompt_audio is not None:
            prompt = self._checked_file(order.prompt_audio, PURPOSES[1])
            if prompt.seconds is not None and prompt.seconds >= PROMPT_SECONDS:
                raise Refusal(2048)
            if not _holds_words(order.prompt_text):
                raise Refusal(1044)
        return sample

    def _checked_file(self, file_id: int, purpose: str) -> Sample:
        row = self.ledger.files.get(file_id)
        if row is None:
            raise Refusal(20132)
        if row.purpose != purpose:
            raise wrong(f"the purpose of file {file_id} must be {purpose}")
        if Path(row.filename).suffix.lower().lstrip(".") not in EXTENSIONS:
            raise wrong(f"the file must be one of {', '.join(EXTENSIONS)}")
        sample = self._sample(row).result()
        if sample.damaged:
            raise Refusal(1000)
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
