"""Backup places: a folder or a bucket that holds backups, as Django's file storage.

    files/ab/abcd…                         a file of the studio, named by its checksum (SHA-256)
    backups/20261128T101500000000Z/        one backup
        rows/voicestudio.speech.jsonl.gz   the rows of a table
        files.jsonl.gz                     which files belong to it, by checksum
        manifest.json                      written last: without it there is no backup

All backups of a place share the files, so that each adds only those that are new.
"""

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage

from voicestudio.services.storage.bucket import Bucket

BACKUPS: Final = "backups"
MANIFEST: Final = "manifest.json"


class Folder(FileSystemStorage):
    """A folder in which a file is there whole or not at all, also after a power cut."""

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".draft-{secrets.token_hex(8)}")
        try:
            with draft.open("wb") as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
        return name


def open_folder(path: Path) -> Storage:
    """Backups in a folder, which is made at the first backup."""
    return Folder(location=path.expanduser().resolve())


def open_bucket(options: dict[str, Any]) -> Storage:
    """Backups in a bucket, by the options of `Bucket`."""
    return Bucket(**options)


def file_path(checksum: str) -> str:
    """Where the file with this checksum lies."""
    return f"files/{checksum[:2]}/{checksum}"


def list_backups(place: Storage) -> list[str]:
    """The names of all complete backups, the newest first."""
    names: list[str] = []
    with suppress(FileNotFoundError):
        names = sorted(place.listdir(BACKUPS)[0], reverse=True)
    return [name for name in names if place.exists(f"{BACKUPS}/{name}/{MANIFEST}")]


def has_file(place: Storage, name: str, size: int) -> bool:
    """Whether the file is there with all of its bytes."""
    try:
        return place.size(name) == size
    except FileNotFoundError:
        return False


def put_file(place: Storage, name: str, path: Path) -> None:
    """Copy a file of this machine to a name, in place of what is there. Raises OSError."""
    place.delete(name)
    with path.open("rb") as file:
        saved = place.save(name, File(file))
    if saved != name:
        place.delete(saved)  # another backup has written it at this moment
