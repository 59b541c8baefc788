"""MiniMax: files at the provider; the answers of upload, list and deletion."""

from dataclasses import dataclass
from typing import Any, Final

from .response import Answer, HttpResponse, get_object, get_objects, get_text, parse_int64

# The values of `purpose` on the wire. Source: provider.md, "Calls".
PURPOSES: Final = frozenset({"voice_clone", "prompt_audio"})


@dataclass(frozen=True, kw_only=True)
class ListedFile:
    """A file as the provider knows it: `bytes` is its size, `created_at` in Unix seconds."""

    file_id: int
    bytes: int | None
    created_at: int | None
    filename: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class UploadedFile(Answer, ListedFile):
    """The answer to an upload and to a query for one file."""


@dataclass(frozen=True, kw_only=True)
class FileList(Answer):
    """The files of one purpose."""

    files: tuple[ListedFile, ...]


@dataclass(frozen=True, kw_only=True)
class FileDeleted(Answer):
    """The file was deleted."""

    file_id: int


def parse_file(response: HttpResponse) -> UploadedFile:
    """Parse `{"file": {...}}`; raises Refused and InvalidAnswer."""
    body, answer = response.parse(status_required=False)
    fields = _parse_fields(get_object(body, "file"))
    if fields is None:
        raise response.invalid("no file_id in the answer", body)
    return UploadedFile(**fields, **vars(answer))


def parse_files(response: HttpResponse) -> FileList:
    """Parse `{"files": [...]}`; an entry without a usable file_id is skipped."""
    body, answer = response.parse(status_required=False)
    if "files" not in body and "base_resp" not in body:
        raise response.invalid("neither files nor base_resp in the answer", body)
    files = [_parse_fields(entry) for entry in get_objects(body, "files")]
    return FileList(files=tuple(ListedFile(**fields) for fields in files if fields), **vars(answer))


def parse_deletion(response: HttpResponse, file_id: int) -> FileDeleted:
    """Parse the answer to a deletion, which does not always repeat `file_id`."""
    _, answer = response.parse(status_required=True)
    return FileDeleted(file_id=file_id, **vars(answer))


def _parse_fields(entry: dict[str, Any]) -> dict[str, Any] | None:
    file_id = parse_int64(entry.get("file_id"))
    if file_id is None or file_id <= 0:
        return None
    return {
        "file_id": file_id,
        "bytes": parse_int64(entry.get("bytes")),
        "created_at": parse_int64(entry.get("created_at")),
        "filename": get_text(entry, "filename"),
        "purpose": get_text(entry, "purpose"),
    }


def check_purpose(purpose: str) -> str:
    """Return the purpose unchanged; raise ValueError for one that the provider does not have."""
    if purpose not in PURPOSES:
        raise ValueError(f"{purpose!r} is not a purpose of a file")
    return purpose
