"""Backup places: a folder or a bucket that holds backups, as Django's file storage.

    files/ab/abcd…                         a file of the studio, named by its checksum (SHA-256)
    backups/20261128T101500000000Z/        one backup
        rows/voicestudio.speech.jsonl.gz   the rows of a table
        files.jsonl.gz                     which files belong to it, by checksum
        manifest.json                      written last: without it there is no backup
        verified                           if it was read again and is whole
    started/20261128T101500000000Z         this backup is under way
    pruning/20261128T101500000000Z         after this backup, files are being deleted

All backups of a place share the files, so that each adds only those that are new.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage

from voicestudio.services.storage.bucket import Bucket

BACKUPS: Final = "backups"
FILES: Final = "files"
STARTED: Final = "started"
PRUNING: Final = "pruning"
MANIFEST: Final = "manifest.json"
VERIFIED: Final = "verified"
# No bucket takes longer to delete one file: its client gives up sooner.
LONGEST_DELETION_S: Final = 120.0


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
    return f"{FILES}/{checksum[:2]}/{checksum}"


def list_backups(place: Storage) -> list[str]:
    """The names of all complete backups, the newest first."""
    names = sorted(list_folder(place, BACKUPS)[0], reverse=True)
    return [name for name in names if place.exists(f"{BACKUPS}/{name}/{MANIFEST}")]


def list_folder(place: Storage, path: str) -> tuple[list[str], list[str]]:
    """The folders and files in a folder, which may be missing."""
    with suppress(FileNotFoundError):
        return place.listdir(path)
    return [], []


@contextmanager
def marked_as_started(place: Storage, name: str) -> Iterator[None]:
    """Mark the backup as under way while the block runs, so that no file is deleted that it needs.

    The block writes the manifest, so that there is a mark or a manifest at any time.
    """
    path = f"{STARTED}/{name}"
    place.save(path, ContentFile(b""))
    try:
        _wait_for_prunes(place)
        yield
    finally:
        with suppress(OSError):  # the backup is complete, or has failed for another reason
            place.delete(path)


@contextmanager
def marked_as_pruning(place: Storage, name: str) -> Iterator[None]:
    """Mark the place while the block deletes files; a backup that starts meanwhile waits.

    Both sides write their own mark before they look for the other's. So either the block sees the
    backup before it deletes a file, or the backup sees this mark before it looks for files.
    """
    path = f"{PRUNING}/{name}"
    place.save(path, ContentFile(b""))
    try:
        yield
    finally:
        place.delete(path)


def _wait_for_prunes(place: Storage) -> None:
    """Wait until no file is being deleted: a prune sees the mark of this backup before the next.

    A mark that is there longer than one deletion takes was left by a prune that was killed: it is
    deleted, so that only one backup waits for it.
    """
    marks = {*list_folder(place, PRUNING)[1]}
    until = time.monotonic() + LONGEST_DELETION_S
    while marks and time.monotonic() < until:
        time.sleep(0.2)
        marks.intersection_update(list_folder(place, PRUNING)[1])
    for name in marks:
        with suppress(OSError):  # then the next backup waits, too
            place.delete(f"{PRUNING}/{name}")


def is_verified(place: Storage, name: str) -> bool:
    """Whether the backup was whole when it was last verified."""
    return place.exists(f"{BACKUPS}/{name}/{VERIFIED}")


def mark_verified(place: Storage, name: str, *, is_whole: bool) -> None:
    """Note what the verification of a backup has found."""
    if not is_whole:
        place.delete(f"{BACKUPS}/{name}/{VERIFIED}")
    elif not is_verified(place, name):
        place.save(f"{BACKUPS}/{name}/{VERIFIED}", ContentFile(b""))


def delete_folder(place: Storage, path: str) -> None:
    """Delete a folder, its manifest first: what is left of a backup then is no backup."""
    folders, files = list_folder(place, path)
    for name in sorted(files, key=lambda name: name != MANIFEST):
        place.delete(f"{path}/{name}")
    for name in folders:
        delete_folder(place, f"{path}/{name}")
    place.delete(path)  # a disk has empty folders, a bucket has none


def has_file(place: Storage, name: str, size: int) -> bool:
    """Whether the file is there with all of its bytes."""
    try:
        return place.size(name) == size
    except FileNotFoundError:
        return False


def put_file(place: Storage, name: str, path: Path) -> None:
    """Copy a file of this machine to a name, in place of what is there. Raises OSError."""
    if place.exists(name):  # so that keys that may not delete are enough for a new file
        place.delete(name)
    with path.open("rb") as file:
        saved = place.save(name, File(file))
    if saved != name:
        place.delete(saved)  # another backup has written it at this moment
