"""MiniMax: files at the provider; what an upload, a list and a deletion answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .answer import Answer, Answered, object_in, objects_in, text_in, whole


class Purpose(StrEnum):
    """What a file is for."""

    VOICE_CLONE = "voice_clone"
    PROMPT_AUDIO = "prompt_audio"


@dataclass(frozen=True, kw_only=True)
class ListedFile:
    """A file as the provider knows it: `bytes` is its size, `created_at` in Unix seconds."""

    file_id: int
    bytes: int | None
    created_at: int | None
    filename: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class UploadedFile(Answered, ListedFile):
    """The answer to an upload, and to the question about one file."""


@dataclass(frozen=True, kw_only=True)
class FileList(Answered):
    """The files of one purpose."""

    files: tuple[ListedFile, ...]


@dataclass(frozen=True, kw_only=True)
class FileDeleted(Answered):
    """The file is gone."""

    file_id: int


def read_file(answer: Answer) -> UploadedFile:
    """`{"file": {...}}`; raises Refused and Nonsense."""
    body, kept = answer.judged(verdict_needed=False)
    facts = _facts(object_in(body, "file"))
    if facts is None:
        raise answer.nonsense("no file_id in the answer", body)
    return UploadedFile(**facts, **vars(kept))


def read_files(answer: Answer) -> FileList:
    """`{"files": [...]}`; an entry without a usable file_id is passed over."""
    body, kept = answer.judged(verdict_needed=False)
    if "files" not in body and "base_resp" not in body:
        raise answer.nonsense("neither files nor base_resp in the answer", body)
    found = [_facts(entry) for entry in objects_in(body, "files")]
    return FileList(files=tuple(ListedFile(**facts) for facts in found if facts), **vars(kept))


def read_deletion(answer: Answer, file_id: int) -> FileDeleted:
    """`{"file_id"}`, which is not always repeated."""
    _, kept = answer.judged(verdict_needed=True)
    return FileDeleted(file_id=file_id, **vars(kept))


def _facts(entry: dict[str, Any]) -> dict[str, Any] | None:
    file_id = whole(entry.get("file_id"))
    if file_id is None or file_id <= 0:
        return None
    return {
        "file_id": file_id,
        "bytes": whole(entry.get("bytes")),
        "created_at": whole(entry.get("created_at")),
        "filename": text_in(entry, "filename"),
        "purpose": text_in(entry, "purpose"),
    }
