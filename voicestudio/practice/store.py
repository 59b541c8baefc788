"""Practice, store: uploaded files, cloned voices, recorded calls and the bill."""

import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from email.message import Message
from pathlib import Path
from typing import Any

from voicestudio.practice.faults import Fault

UNUSED_VOICE_SECONDS = 168 * 3600  # then a clone without speech is deleted
AUDIO_LINK_SECONDS = 24 * 3600
MILLION = 1_000_000
PRICE_CLONE = Decimal("1.50")


@dataclass(slots=True)
class StoredFile:
    """An uploaded file; its content is at `path`."""

    file_id: int
    purpose: str
    filename: str
    bytes: int
    created_at: int
    path: Path

    def to_json(self) -> dict[str, Any]:
        """Return the file as the API answers it."""
        return {
            "file_id": self.file_id,
            "bytes": self.bytes,
            "created_at": self.created_at,
            "filename": self.filename,
            "purpose": self.purpose,
        }


@dataclass(slots=True)
class ClonedVoice:
    """A voice of the account; `used_at` (Unix seconds) is None until its first speech.

    `voice_type` is "voice_cloning", or "voice_generation" for a designed voice, which has no
    `file_id`.
    """

    voice_id: str
    file_id: int | None
    pitch_hz: float | None
    created_at: float
    used_at: float | None = None
    voice_type: str = "voice_cloning"

    @property
    def created_date(self) -> str:
        """The day of creation in UTC, as the API writes it."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.created_at))


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of the bill: "preview" or "speech" (`units` are characters) or "clone" (1 unit)."""

    kind: str
    voice_id: str
    units: int
    at: float
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Call:
    """A received request. `bytes` is the length of its body; `headers` ignore case.

    `fault` is the failure that was injected into it, if any.
    """

    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    json: Any
    fields: dict[str, str]
    bytes: int
    at: float
    fault: Fault | None = None


@dataclass
class Store:
    """Files and voices in `folder`: an index that is replaced atomically, beside the files."""

    folder: Path
    persistent: bool
    now: Callable[[], float] = time.time
    files: dict[int, StoredFile] = field(default_factory=dict)
    voices: dict[str, ClonedVoice] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    bill: list[Charge] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        for name in ("incoming", "files", "audio"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if self.persistent:
            self._read()
        for leftover in (self.folder / "incoming").iterdir():
            leftover.unlink(missing_ok=True)
        self.delete_expired_audio()

    @property
    def _index(self) -> Path:
        return self.folder / "index.json"

    def _read(self) -> None:
        try:
            index = json.loads(self._index.read_bytes())
        except FileNotFoundError:
            return
        for row in index["files"]:
            path = self.folder / "files" / str(row["file_id"])
            if path.exists():
                self.files[row["file_id"]] = StoredFile(**row, path=path)
        self.voices = {row["voice_id"]: ClonedVoice(**row) for row in index["voices"]}
        self.deleted = set(index["deleted"])

    def save(self) -> None:
        """Replace the index atomically."""
        if not self.persistent:
            return
        with self.lock:
            index = {
                "files": [row.to_json() for row in self.files.values()],
                "voices": [asdict(row) for row in self.voices.values()],
                "deleted": sorted(self.deleted),
            }
            handle, name = tempfile.mkstemp(dir=self.folder / "incoming")
            with os.fdopen(handle, "w") as file:
                json.dump(index, file)
            Path(name).replace(self._index)

    def add_file(self, upload: Path, *, file_id: int, purpose: str, filename: str) -> StoredFile:
        """Move an uploaded file into the store."""
        path = self.folder / "files" / str(file_id)
        size = upload.stat().st_size
        upload.replace(path)
        row = StoredFile(file_id, purpose, filename, size, int(self.now()), path)
        with self.lock:
            self.files[file_id] = row
            self.save()
        return row

    def remove_file(self, file_id: int) -> None:
        """Delete a file and its content."""
        with self.lock:
            self.files.pop(file_id).path.unlink(missing_ok=True)
            self.save()

    def expire_voices(self) -> None:
        """Delete the clones that were not used for speech within 168 hours of their creation."""
        with self.lock:
            limit = self.now() - UNUSED_VOICE_SECONDS
            expired = [
                voice.voice_id
                for voice in self.voices.values()
                if voice.used_at is None and voice.created_at < limit
            ]
            for voice_id in expired:
                del self.voices[voice_id]
                self.deleted.add(voice_id)
            if expired:
                self.save()

    def charge_characters(self, kind: str, voice_id: str, model: str, count: int) -> None:
        """Charge spoken characters at the price of the model."""
        price = Decimal(60 if model.endswith("turbo") else 100)
        self.bill.append(Charge(kind, voice_id, count, self.now(), price * count / MILLION))

    def record_use(self, voice: ClonedVoice) -> None:
        """Note that a voice generated speech; the first time of a clone charges its fee."""
        with self.lock:
            if voice.used_at is not None:
                return
            voice.used_at = self.now()
            if voice.voice_type == "voice_cloning":
                self.bill.append(Charge("clone", voice.voice_id, 1, voice.used_at, PRICE_CLONE))
            self.save()

    def save_audio(self, data: bytes, extension: str) -> str:
        """Save audio for download and return its random file name."""
        self.delete_expired_audio()
        name = f"{secrets.token_hex(16)}.{extension}"
        (self.folder / "audio" / name).write_bytes(data)
        return name

    def delete_expired_audio(self) -> None:
        """Delete the audio whose link has expired."""
        limit = time.time() - AUDIO_LINK_SECONDS
        for path in (self.folder / "audio").iterdir():
            try:
                if path.stat().st_mtime < limit:
                    path.unlink()
            except FileNotFoundError:
                continue  # deleted by another thread
