"""Practice, ledger: the files and voices that the stand-in knows, and what they would cost."""

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

UNUSED_VOICE_SECONDS = 168 * 3600  # a clone that never spoke is deleted
DEMO_SECONDS = 24 * 3600  # how long the link to an audio file works
MILLION = 1_000_000
PRICE_CLONE = Decimal("1.50")


@dataclass(slots=True)
class StoredFile:
    """An uploaded file; its bytes stand at `path`."""

    file_id: int
    purpose: str
    filename: str
    bytes: int
    created_at: int
    path: Path

    def on_the_wire(self) -> dict[str, Any]:
        """The file as the provider tells it."""
        return {
            "file_id": self.file_id,
            "bytes": self.bytes,
            "created_at": self.created_at,
            "filename": self.filename,
            "purpose": self.purpose,
        }


@dataclass(slots=True)
class ClonedVoice:
    """A cloned voice; `used_at` (unix seconds) is None until it first speaks."""

    voice_id: str
    file_id: int
    pitch_hz: float | None
    created_at: float
    used_at: float | None = None

    @property
    def created_date(self) -> str:
        """The day of its making, UTC, as the provider writes it."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.created_at))


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of the bill. `what`: "preview" or "speech" (units: characters) or "clone" (1)."""

    what: str
    voice_id: str
    units: int
    at: float
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived. `bytes` is the length of its body; `headers` ignore case."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    json: Any
    fields: dict[str, str]
    bytes: int
    at: float


@dataclass
class Ledger:
    """Files and voices, kept in `folder`: one index written atomically, and the files beside it."""

    folder: Path
    lasting: bool
    now: Callable[[], float] = time.time
    files: dict[int, StoredFile] = field(default_factory=dict)
    voices: dict[str, ClonedVoice] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    bill: list[Charge] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        for name in ("incoming", "files", "audio"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if self.lasting:
            self._read()
        for left_over in (self.folder / "incoming").iterdir():
            left_over.unlink(missing_ok=True)
        self.forget_old_audio()

    @property
    def _index(self) -> Path:
        return self.folder / "index.json"

    def _read(self) -> None:
        try:
            kept = json.loads(self._index.read_bytes())
        except FileNotFoundError:
            return
        for row in kept["files"]:
            path = self.folder / "files" / str(row["file_id"])
            if path.exists():
                self.files[row["file_id"]] = StoredFile(**row, path=path)
        self.voices = {row["voice_id"]: ClonedVoice(**row) for row in kept["voices"]}
        self.deleted = set(kept["deleted"])

    def save(self) -> None:
        """Write the index; readers see the old one or the new one, never half of it."""
        if not self.lasting:
            return
        with self.lock:
            kept = {
                "files": [row.on_the_wire() for row in self.files.values()],
                "voices": [asdict(row) for row in self.voices.values()],
                "deleted": sorted(self.deleted),
            }
            handle, name = tempfile.mkstemp(dir=self.folder / "incoming")
            with os.fdopen(handle, "w") as file:
                json.dump(kept, file)
            Path(name).replace(self._index)

    def add_file(self, arrived: Path, *, file_id: int, purpose: str, filename: str) -> StoredFile:
        """Take an uploaded file over."""
        path = self.folder / "files" / str(file_id)
        size = arrived.stat().st_size
        arrived.replace(path)
        row = StoredFile(file_id, purpose, filename, size, int(self.now()), path)
        with self.lock:
            self.files[file_id] = row
            self.save()
        return row

    def remove_file(self, file_id: int) -> None:
        """Forget a file and delete its bytes."""
        with self.lock:
            self.files.pop(file_id).path.unlink(missing_ok=True)
            self.save()

    def expire_voices(self) -> None:
        """Delete the clones that never spoke within 168 hours of their making."""
        with self.lock:
            limit = self.now() - UNUSED_VOICE_SECONDS
            old = [
                voice.voice_id
                for voice in self.voices.values()
                if voice.used_at is None and voice.created_at < limit
            ]
            for voice_id in old:
                del self.voices[voice_id]
                self.deleted.add(voice_id)
            if old:
                self.save()

    def charge_characters(self, what: str, voice_id: str, model: str, count: int) -> None:
        """Bill spoken characters at the model's price."""
        price = Decimal(60 if model.endswith("turbo") else 100)
        self.bill.append(Charge(what, voice_id, count, self.now(), price * count / MILLION))

    def use(self, voice: ClonedVoice) -> None:
        """A voice speaks in earnest: its first time makes the clone fee due."""
        with self.lock:
            if voice.used_at is None:
                voice.used_at = self.now()
                self.bill.append(Charge("clone", voice.voice_id, 1, voice.used_at, PRICE_CLONE))
                self.save()

    def keep_audio(self, data: bytes, extension: str) -> str:
        """Store audio for download; its unguessable file name."""
        self.forget_old_audio()
        name = f"{secrets.token_hex(16)}.{extension}"
        (self.folder / "audio" / name).write_bytes(data)
        return name

    def forget_old_audio(self) -> None:
        """Delete audio whose link has expired."""
        limit = time.time() - DEMO_SECONDS
        for path in (self.folder / "audio").iterdir():
            try:
                if path.stat().st_mtime < limit:
                    path.unlink()
            except FileNotFoundError:
                continue  # another thread was quicker
