"""Manifest: what a backup consists of, with the checksum of each part and of itself."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from gzip import GzipFile
from pathlib import Path
from typing import IO, Any, Final

from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from .faults import BackupFault
from .places import BACKUPS, MANIFEST, list_backups, put_file

# Raised when an older version could no longer read a backup.
FORMAT: Final = 1
CHUNK_SIZE: Final = 1024**2


@dataclass(frozen=True)
class Part:
    """One compressed file of JSON lines: its path in the place, size, checksum and lines."""

    path: str
    bytes: int
    sha256: str
    lines: int


@dataclass(frozen=True)
class Manifest:
    """One backup. `made_at` is an ISO time (UTC), `tables` has the rows by the model's label.

    `migrations` are the applied ones of each app. `missing_files` counts the files that rows name
    and that could not be read.
    """

    name: str
    made_at: str
    version: str
    database: str
    migrations: dict[str, list[str]]
    audit_head: str
    tables: dict[str, Part]
    files: Part
    file_bytes: int
    missing_files: int

    @property
    def rows(self) -> int:
        """How many rows the backup has."""
        return sum(part.lines for part in self.tables.values())

    @property
    def stored_files(self) -> int:
        """How many files the backup has."""
        return self.files.lines - self.missing_files

    @property
    def checksum(self) -> str:
        """The SHA-256 of all of it, and so of everything that the backup has."""
        return _checksum({"format": FORMAT, **asdict(self)})


def write_manifest(place: Storage, manifest: Manifest) -> None:
    """Write the manifest, which makes the backup complete."""
    content = {"format": FORMAT, **asdict(manifest)}
    text = json.dumps({"sha256": _checksum(content), "backup": content}, indent=1)
    place.save(f"{BACKUPS}/{manifest.name}/{MANIFEST}", ContentFile(text.encode()))


def read_manifest(place: Storage, name: str = "") -> Manifest:
    """The manifest of the backup, or of the newest one. Raises `BackupFault` or OSError."""
    names = list_backups(place)
    if not names or (name and name not in names):
        raise BackupFault("unknown" if name else "none", name=name)
    name = name or names[0]
    with place.open(f"{BACKUPS}/{name}/{MANIFEST}") as file:
        text = file.read()
    try:
        known = json.loads(text)
        content = known["backup"]
        is_whole = known["sha256"] == _checksum(content) and content["name"] == name
    except (ValueError, LookupError, TypeError) as error:
        raise BackupFault("manifest", name=name) from error
    if not is_whole:
        raise BackupFault("manifest", name=name)
    if content.pop("format") != FORMAT:
        raise BackupFault("format", name=name)
    content["tables"] = {label: Part(**part) for label, part in content["tables"].items()}
    return Manifest(**content | {"files": Part(**content["files"])})


class PartWriter:
    """Writes JSON lines to a compressed file on this machine, and then to the place."""

    def __init__(self, folder: Path, path: str) -> None:
        self.path = path
        self.draft = folder / path.replace("/", "-")
        self.lines = 0

    @contextmanager
    def opened(self) -> Iterator["PartWriter"]:
        """Open the file for the block that writes the lines."""
        # Without a time and a name, equal rows make equal bytes.
        with (
            self.draft.open("wb") as raw,
            GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as file,
        ):
            self._file: Any = file
            yield self

    def write(self, values: Any) -> None:
        """Add a line."""
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_as_text)
        self._file.write(line.encode("utf-8", "surrogatepass") + b"\n")
        self.lines += 1

    def put(self, place: Storage) -> Part:
        """Copy the finished file to the place."""
        with self.draft.open("rb") as file:
            size, checksum = checksum_of(file)
        put_file(place, self.path, self.draft)
        self.draft.unlink()
        return Part(self.path, size, checksum, self.lines)


def read_part(place: Storage, part: Part) -> Iterator[Any]:
    """The lines of a part, after its checksum was compared. Raises `BackupFault` or OSError."""
    with open_checked(place, part.path, part.bytes, part.sha256) as file:
        count = 0
        for line in read_lines(file):
            count += 1
            yield line
    if count != part.lines:
        raise BackupFault("count", file=part.path, found=count, expected=part.lines)


def read_lines(file: Any) -> Iterator[Any]:
    """The values that a `PartWriter` has written to this file."""
    with GzipFile(fileobj=file) as lines:
        for line in lines:
            yield json.loads(line.decode("utf-8", "surrogatepass"))


@contextmanager
def open_checked(place: Storage, path: str, size: int, checksum: str) -> Iterator[Any]:
    """A file of the place that is as it was written. Raises `BackupFault` or OSError."""
    try:
        file = place.open(path)
    except FileNotFoundError as error:
        raise BackupFault("missing", file=path) from error
    with file:
        if checksum_of(file) != (size, checksum):
            raise BackupFault("changed", file=path)
        file.seek(0)
        yield file


def checksum_of(file: "IO[bytes] | Any") -> tuple[int, str]:
    """The size and the SHA-256 of what is left to read."""
    size, digest = 0, hashlib.sha256()
    while chunk := file.read(CHUNK_SIZE):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _as_text(value: Any) -> str:
    """Times with all of their microseconds, which Django's own encoder cuts off."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
