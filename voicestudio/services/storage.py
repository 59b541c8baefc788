"""Storage: the only module that knows where audio and answers lie; others hold names of files."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile


def local_path(file: FieldFile | str) -> Path:
    """The path of a stored file on this machine; FileNotFoundError if it is missing."""
    path = Path(default_storage.path(str(file)))
    if not path.is_file():
        raise FileNotFoundError(str(file))
    return path


def exists(file: FieldFile | str) -> bool:
    """Whether the file is there."""
    return default_storage.exists(str(file))


def size_and_time(file: FieldFile | str) -> tuple[int, datetime]:
    """The size (bytes) of a file and when it was written; OSError if it cannot be read."""
    return default_storage.size(str(file)), default_storage.get_modified_time(str(file))


def delete(file: FieldFile | str) -> None:
    """Delete a file; one that is missing is no error. OSError if it cannot be deleted."""
    default_storage.delete(str(file))


def walk(folder: str) -> Iterator[tuple[str, list[str]]]:
    """This folder and each one below it, with the names of its files."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield folder, [f"{folder}/{file}" for file in files]
    for each in folders:
        yield from walk(f"{folder}/{each}")
