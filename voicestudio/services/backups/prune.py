"""Prune: delete the old backups of a place, and the files that only they name.

A backup that is made meanwhile, also on another machine, counts on files that it finds in the
place. So a file is deleted only while no backup is under way and none has been added, and a backup
that starts between this look and the deletion waits for it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core.files.storage import Storage

from voicestudio.models import clock

from .faults import BackupFault
from .manifest import read_manifest, read_part
from .places import (
    BACKUPS,
    FILES,
    STARTED,
    delete_folder,
    file_path,
    is_verified,
    list_backups,
    list_folder,
    marked_as_pruning,
)

NAME: Final = re.compile(r"\d{8}T\d{12}Z")
CHECKSUM: Final = re.compile(r"[0-9a-f]{64}")
# A backup without a manifest that started longer ago was broken off by a power cut.
LONGEST_BACKUP: Final = timedelta(days=7)
# Files that a backup has just copied are named by no manifest yet.
FILE_AGE: Final = timedelta(days=1)


@dataclass(frozen=True)
class Pruned:
    """How many backups and files were deleted. Files stay if another backup is under way."""

    backups: int
    files: int
    files_stay: bool


def prune_backups(place: Storage, keep: int, made: str) -> Pruned:
    """Keep the newest `keep` backups, the one called `made` and the newest verified one.

    Raises OSError, and `BackupFault` before anything is deleted: if a backup that is kept is
    damaged, since it is not known then which files it needs.
    """
    # Read in this order, since the mark of a backup is deleted when its manifest is there. A folder
    # with neither was left by a backup or a prune that was broken off.
    folders, _files = list_folder(place, BACKUPS)
    marks = _list_marks(place)
    complete = list_backups(place)
    for name in folders:
        if not NAME.fullmatch(name):
            raise BackupFault("foreign", folder=f"{BACKUPS}/{name}")
    verified = next((name for name in complete if is_verified(place, name)), made)
    kept = {made, verified, *complete[:keep]}
    under_way = {
        name for name in {*marks} - {*complete}
        if not _is_older(place, f"{STARTED}/{name}", LONGEST_BACKUP)
    }  # fmt: skip
    named = {checksum for name in kept for checksum in _read_checksums(place, name)}
    old = {*folders, *marks} - kept - under_way
    for name in sorted(old):
        delete_folder(place, f"{BACKUPS}/{name}")
        place.delete(f"{STARTED}/{name}")
    with marked_as_pruning(place, made):
        files, files_stay = _delete_unnamed(place, named, kept)
    return Pruned(len(old.intersection(complete)), files, files_stay=files_stay)


def _list_marks(place: Storage) -> list[str]:
    """The names of the backups that are under way, or were broken off."""
    return [name for name in list_folder(place, STARTED)[1] if NAME.fullmatch(name)]


def _read_checksums(place: Storage, name: str) -> Iterator[str]:
    """The checksums of the files of a backup; "" stands for a missing one."""
    for entry in read_part(place, read_manifest(place, name).files):
        yield entry["sha256"]


def _delete_unnamed(place: Storage, named: set[str], kept: set[str]) -> tuple[int, bool]:
    """Delete old files that no backup names; how many, and whether the others have to stay."""
    deleted = 0
    for path in _find_unnamed(place, named):
        if _is_older(place, path, FILE_AGE):
            if not _is_undisturbed(place, kept):
                return deleted, True
            place.delete(path)
            deleted += 1
    return deleted, False


def _find_unnamed(place: Storage, named: set[str]) -> Iterator[str]:
    """The files of backups that are in none of these; files of other programs are left out."""
    for folder in list_folder(place, FILES)[0]:
        for name in list_folder(place, f"{FILES}/{folder}")[1]:
            path = f"{FILES}/{folder}/{name}"
            if CHECKSUM.fullmatch(name) and path == file_path(name) and name not in named:
                yield path


def _is_older(place: Storage, path: str, age: timedelta) -> bool:
    """Whether the file is there, and was written longer ago than `age`."""
    try:
        return clock.now() - place.get_modified_time(path) > age
    except FileNotFoundError:
        return False


def _is_undisturbed(place: Storage, kept: set[str]) -> bool:
    """Whether there is no backup but those that are kept, finished or under way."""
    # Marks first: a backup that ends in between is seen by its folder.
    marks = _list_marks(place)
    folders, _files = list_folder(place, BACKUPS)
    return {*marks, *folders} <= kept
