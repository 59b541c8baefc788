"""File cache: copies of files of the bucket on this machine, for programs that need a path.

A copy that is in use is locked; the least recently used others go when there is no room.
"""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from django.conf import settings

# Downloads of different files rarely wait for each other.
DOWNLOAD_LOCKS: Final = 64


@contextmanager
def hold(name: str, size: int, download: Callable[[Path], None]) -> Iterator[Path]:
    """A path of the copy while the block runs; `download` writes it if there is none.

    Several processes that need it at once download it once.
    """
    path = _path(name)
    while True:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            _fetch(path, size, download)
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_SH)
            if not os.fstat(file.fileno()).st_nlink:
                continue  # deleted before it was locked
            os.utime(path)
            yield path
            return


def forget(name: str) -> None:
    """Delete the copy on this machine."""
    _path(name).unlink(missing_ok=True)


def clean(room: int = 0) -> None:
    """Delete copies without a use for long, and the oldest until `room` more bytes fit."""
    copies = []
    for path in settings.STORAGE_CACHE_DIR.glob("*.*"):
        with suppress(FileNotFoundError):
            facts = path.stat()
            copies.append((facts.st_mtime, facts.st_size, path))
    copies.sort()
    total = sum(size for _used, size, _path in copies) + room
    for used, size, path in copies:
        is_old = time.time() - used > settings.STORAGE_CACHE_SECONDS
        if (is_old or total > settings.STORAGE_CACHE_BYTES) and _delete_unless_held(path):
            total -= size


def _path(name: str) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()[:40]
    suffix = PurePosixPath(name).suffix or ".audio"
    return Path(settings.STORAGE_CACHE_DIR) / f"{key}{suffix}"


def _fetch(path: Path, size: int, download: Callable[[Path], None]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    lock = path.parent / f"download-{int(path.stem[:8], 16) % DOWNLOAD_LOCKS}"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if path.exists():
            return
        clean(room=size)
        # What a killed process leaves there is deleted.
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            draft = Path(folder) / "copy"
            download(draft)
            draft.rename(path)


def _delete_unless_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
