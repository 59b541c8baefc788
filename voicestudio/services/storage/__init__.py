"""Storage: the only module that knows where audio and answers lie; others hold names of files.

They lie in the data folder or, with STORAGE_URL, in a bucket.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from . import cache
from .errors import StorageAway

__all__ = [
    "StorageAway",
    "address",
    "chunks",
    "clean_cache",
    "delete",
    "exists",
    "is_away",
    "link",
    "local_file",
    "put",
    "size_and_time",
    "walk",
]

CHUNK_SIZE: Final = 256 * 1024
# The bucket has methods that Django's storages do not know.
_storage: Any = default_storage


@contextmanager
def local_file(file: FieldFile | str) -> Iterator[Path]:
    """A path of a stored file on this machine while the block runs.

    Raises FileNotFoundError if it is missing, OSError if the bucket does not answer.
    """
    name = str(file)
    if settings.STORAGE_URL:
        size, _written_at = _storage.facts(name)
        with cache.hold(name, size, partial(_storage.download, name)) as path:
            yield path
        return
    path = Path(_storage.path(name))
    if not path.is_file():
        raise FileNotFoundError(name)
    yield path


def chunks(file: FieldFile | str, first: int, end: int) -> Generator[bytes]:
    """The bytes from `first` up to, not including, `end`. OSError if they cannot be read."""
    if settings.STORAGE_URL:
        yield from _storage.chunks(str(file), first, end)
        return
    with _storage.open(str(file), "rb") as opened:
        opened.seek(first)
        while chunk := opened.read(min(CHUNK_SIZE, end - first)):
            yield chunk
            first += len(chunk)


def link(file: FieldFile | str, *, content_type: str, disposition: str) -> str:
    """A signed link to the file for a short time; "" if the studio sends it itself."""
    if not settings.STORAGE_ORIGIN:
        return ""
    return str(_storage.link(str(file), content_type=content_type, disposition=disposition))


def address(file: FieldFile | str) -> str:
    """A path on this machine, or a signed link; FileNotFoundError if the file is missing."""
    if settings.STORAGE_URL:
        _storage.facts(str(file))
        return str(_storage.url(str(file)))
    with local_file(file) as path:
        return str(path)


def exists(file: FieldFile | str) -> bool:
    """Whether the file is there."""
    return default_storage.exists(str(file))


def is_away(file: FieldFile | str) -> bool:
    """Whether the folder of a missing file is missing too, as while its disk is not mounted.

    A bucket that is away raises StorageAway.
    """
    return not settings.STORAGE_URL and not Path(_storage.path(str(file))).parent.is_dir()


def size_and_time(file: FieldFile | str) -> tuple[int, datetime]:
    """The size (bytes) of a file and when it was written; OSError if it cannot be read."""
    if settings.STORAGE_URL:
        facts: tuple[int, datetime] = _storage.facts(str(file))
        return facts
    return default_storage.size(str(file)), default_storage.get_modified_time(str(file))


def delete(file: FieldFile | str) -> None:
    """Delete a file; one that is missing is no error. OSError if it cannot be deleted."""
    default_storage.delete(str(file))
    if settings.STORAGE_URL:
        cache.forget(str(file))


def put(name: str, content: File) -> None:
    """Store a file under this name, in place of what is there. OSError if that fails."""
    delete(name)
    if default_storage.save(name, content) != name:
        raise FileExistsError(name)


def walk(folder: str) -> Iterator[tuple[str, list[str]]]:
    """This folder and each one below it, with the names of its files."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield folder, [f"{folder}/{file}" for file in files]
    for each in folders:
        yield from walk(f"{folder}/{each}")


def clean_cache() -> None:
    """Delete copies of files of the bucket that nothing on this machine has used for long."""
    if settings.STORAGE_URL:
        cache.clean()
