"""Stored files: whether each row has its file, and each file here and at the provider its row."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import FileField, Model

from voicestudio.models import AudioFile, DraftFile, PaidCall, ProviderFile, Purpose, Studio, clock
from voicestudio.words.stored_files import FileProblem

from . import storage
from .paid_calls import provider, provider_files

logger = logging.getLogger(__name__)

# A file is stored before its row is written, so a younger one may still get its row.
YOUNG: Final = timedelta(days=1)
# The columns with the size and the checksum of a file, for files that cannot be made again.
FACTS: Final = {
    "file": ("bytes", "sha256"),
    "tracks_file": ("tracks_bytes", "tracks_sha256"),
    "audio": ("audio_bytes", "audio_sha256"),
}
# Every folder of the storage.
FOLDERS: Final = (
    "recordings", "tracks", "envelopes", "playable", "answers", "drafts",
    *(kind.AUDIO_FOLDER for kind in PaidCall.kinds()),
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A file that does not agree with its row.

    `name` is the file's name in our storage or at the provider, `row` the row that names it (""
    without one). `file_id` and `purpose` are those of a file at the provider.
    """

    problem: FileProblem
    name: str
    row: str = ""
    file_id: int | None = None
    purpose: str = ""


def check_rows() -> Iterator[Finding]:
    """Compare every row with its files; files without a checksum get the one they have now."""
    for model in _models():
        rows: Any = model._default_manager
        for field in _file_fields(model):
            facts = FACTS.get(field, ())
            named = rows.exclude(**{field: ""}).order_by("pk").values_list("pk", field, *facts)
            for pk, name, *known in named.iterator():
                problem = _check_file(rows.filter(**{"pk": pk, field: name}), name, facts, known)
                if problem is not None:
                    yield Finding(problem, name, f"{model._meta.model_name} {pk}")


def find_orphans() -> Iterator[Finding]:
    """Files in our folders that no row names, unless they are less than a day old."""
    for top in FOLDERS:
        for folder, names in storage.walk(top):
            known = _names_in(folder)
            for name in names:
                if name not in known and not _is_young(name):
                    yield Finding(FileProblem.ORPHAN, name)


def find_orphans_at_provider() -> Iterator[Finding]:
    """Files that this studio uploaded and no row knows any more. Raises `MiniMaxError`.

    The name of an uploaded file begins with the id of its studio, so that files of another studio
    with the same account are never among them.
    """
    prefix, since = f"{Studio.current()}-", (clock.now() - YOUNG).timestamp()
    living = ProviderFile.objects.living().filter(account=settings.MINIMAX_PROVIDER)
    for purpose in Purpose.values:
        for file in provider.client().list_files(purpose).files:
            is_young = file.created_at is not None and file.created_at > since
            if not file.filename.startswith(prefix) or is_young:
                continue
            if not living.filter(file_id=file.file_id).exists():
                problem = FileProblem.ORPHAN_AT_PROVIDER
                yield Finding(problem, file.filename, file_id=file.file_id, purpose=purpose)


def delete_orphan(orphan: Finding) -> None:
    """Delete a file without a row. Raises OSError or `MiniMaxError` if it cannot be deleted."""
    if orphan.problem is FileProblem.ORPHAN:
        storage.delete(orphan.name)
    elif orphan.problem is FileProblem.ORPHAN_AT_PROVIDER and orphan.file_id is not None:
        provider_files.delete_file(provider.client(), orphan.file_id, orphan.purpose)
    else:
        raise ValueError("a file that a row names is not deleted")
    logger.info("Deleted %s, which had no row.", orphan.name)


def _models() -> list[type[Model]]:
    return [AudioFile, DraftFile, *PaidCall.kinds()]


def _file_fields(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.fields if isinstance(field, FileField)]


def _check_file(
    row: Any, name: str, facts: tuple[str, ...], known: list[Any]
) -> FileProblem | None:
    """Compare a file with the size and checksum in its row, which is a query for one row."""
    try:
        size, _written_at = storage.size_and_time(name)
        found = checksum(name, size) if facts else ""
    except FileNotFoundError:
        # Unless it was deleted, with its row or another file in its place, since the row was read.
        return FileProblem.MISSING if row.exists() else None
    except OSError:
        return FileProblem.UNREADABLE
    if not facts:
        return None
    known_size, known_checksum = known
    if known_checksum not in ("", found) or known_size not in (None, size):
        return FileProblem.CHANGED if row.exists() else None
    if not known_checksum:
        row.update(**{facts[1]: found})
    return None


def checksum(name: str, size: int) -> str:
    """The SHA-256 of a stored file. OSError if it cannot be read."""
    digest = hashlib.sha256()
    for chunk in storage.chunks(name, 0, size):
        digest.update(chunk)
    return digest.hexdigest()


def _names_in(folder: str) -> set[str]:
    """The names of all files in this folder that a row knows."""
    return {
        name
        for model in _models()
        for field in _file_fields(model)
        for name in model._default_manager.filter(
            **{f"{field}__startswith": f"{folder}/"}
        ).values_list(field, flat=True)
    }


def _is_young(name: str) -> bool:
    try:
        _size, written_at = storage.size_and_time(name)
    except FileNotFoundError:
        return True  # deleted meanwhile
    return written_at > clock.now() - YOUNG
