"""Journal: the answer of a paid call is on disk before it is interpreted or written to its row.

The money is spent once the answer is here. If its row cannot be written then (the database is
locked, the disk is full, the worker is killed), the worker records the answer from the journal
later. An answer that cannot be interpreted is moved from the journal to the storage, whole.
"""

import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError

from voicestudio.minimax import HttpResponse
from voicestudio.models import PaidCall
from voicestudio.services import storage

logger = logging.getLogger(__name__)

SUFFIX: Final = ".answer"
HEADERS: Final = ("Trace-Id", "Content-Type", "Retry-After")
# Enough for the largest answer, in the journal and as audio, and for the rows.
MIN_FREE_BYTES: Final = 256 * 1024 * 1024
# An answer of this age that is still here has lost the process that received it.
SETTLED_AFTER: Final = 20.0


@dataclass(frozen=True)
class Entry:
    """One answer in the journal; `is_check` if it answers a repeated request about an attempt."""

    path: Path
    kind: str
    pk: int
    claim: UUID
    is_check: bool
    response: HttpResponse

    def remove(self) -> None:
        """Remove the answer: all of it is elsewhere now."""
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Keep the answer for a person: recording it fails in a way that a repeat cannot mend."""
        self.path.rename(self.path.with_suffix(".unread"))


def write(call: PaidCall, response: HttpResponse, *, is_check: bool = False) -> None:
    """Write the response, so that it survives the process. The call goes on if that fails."""
    path = _path(call)
    headers = {name: response.headers.get(name, "")[:1000] for name in HEADERS}
    head = {
        "kind": call._meta.model_name,
        "pk": call.pk,
        "claim": str(call.claim),
        "is_check": is_check,
        "call": response.call,
        "http_status": response.http_status,
        "headers": {name: value for name, value in headers.items() if value},
        "is_whole": response.is_whole,
    }
    draft = path.with_suffix(".draft")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps(head).encode() + b"\n")
            file.write(response.body)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError:
        logger.exception("The answer to %s %s is not in the journal.", head["kind"], call.pk)


def read(call: PaidCall) -> Entry | None:
    """Return the answer to this call, if it is in the journal."""
    return _read(_path(call))


def remove(call: PaidCall) -> None:
    """Remove the answer to this call: its row holds it now."""
    try:
        _path(call).unlink(missing_ok=True)
    except OSError:
        logger.warning("An answer cannot be removed from the journal.", exc_info=True)


def entries(*, at_once: bool = False) -> Iterator[Entry]:
    """The answers that wait; without `at_once` only those that no process is recording any more."""
    for path in sorted(folder().glob(f"*{SUFFIX}")):
        with suppress(OSError):  # another process has recorded it
            # abs(): a file may come from a time when the clock was ahead.
            age = abs(time.time() - path.stat().st_mtime)
            if (at_once or age > SETTLED_AFTER) and (entry := _read(path)) is not None:
                yield entry


def folder(data_dir: Path | None = None) -> Path:
    """Where the journal of this machine lies, or that of another data folder."""
    return (data_dir or Path(settings.DATA_DIR)) / "journal"


def files(data_dir: Path | None = None) -> list[Path]:
    """Every answer in the journal, also those that were set aside, for a backup."""
    found = folder(data_dir).glob("*.*")
    return sorted(path for path in found if path.suffix in {SUFFIX, ".unread"})


@contextmanager
def moved_to_storage(call: PaidCall, *, if_needed: bool = True) -> Iterator[dict[str, str]]:
    """The column that names the stored answer to this call, for the block that writes the row.

    If the block fails, the file is deleted again: the journal still has the answer, and each
    further try would add another copy. The column is missing if there is no answer, if it cannot be
    stored now, and unless `if_needed`.
    """
    stored = _copy_to_storage(call) if if_needed else {}
    try:
        yield stored
    except Exception:
        for column, name in stored.items():
            delete_unrecorded(call, column, name)
        raise


def delete_unrecorded(call: PaidCall, column: str, name: str) -> None:
    """Delete a file that the row does not name, after an error of the transaction with it.

    A commit may have succeeded although it reported an error, for instance when the connection
    broke. Where the row cannot be read, the file stays, for `check_files`.
    """
    try:
        is_recorded = type(call)._default_manager.filter(pk=call.pk, **{column: name}).exists()
    except DatabaseError:
        logger.exception("%s is left in the storage.", name)
        return
    if not is_recorded:
        storage.delete(name)


def _copy_to_storage(call: PaidCall) -> dict[str, str]:
    entry = read(call)
    if entry is None:
        return {}
    try:
        with entry.path.open("rb") as file:
            file.readline()  # the head
            body = entry.path.with_suffix(".body")
            with body.open("wb") as target:
                shutil.copyfileobj(file, target)
        with body.open("rb") as source:
            call.answer_file.save(f"{entry.kind}-{call.pk}.txt", File(source), save=False)
    except OSError:
        logger.exception("The answer to %s %s stays in the journal.", entry.kind, call.pk)
        return {}
    finally:
        entry.path.with_suffix(".body").unlink(missing_ok=True)
    return {"answer_file": str(call.answer_file.name)}


def has_room() -> bool:
    """Whether the disk can take the answer of another paid call."""
    return shutil.disk_usage(settings.DATA_DIR).free >= MIN_FREE_BYTES


def _path(call: PaidCall) -> Path:
    return folder() / f"{call._meta.model_name}-{call.pk}-{call.claim}{SUFFIX}"


def _read(path: Path) -> Entry | None:
    try:
        if path.exists() and not path.is_file():
            raise ValueError("not a file")
        head, _newline, body = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
        return Entry(
            path=path,
            kind=facts["kind"],
            pk=facts["pk"],
            claim=UUID(facts["claim"]),
            is_check=facts["is_check"],
            response=HttpResponse(
                call=facts["call"],
                http_status=facts["http_status"],
                headers=facts["headers"],
                content=body,
                redact=str,  # the key was removed when it was written
                is_whole=facts.get("is_whole", True),  # older entries do not say it
            ),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception:
        # Whatever is wrong with this file must not keep the worker from the others.
        logger.exception("%s in the journal cannot be read.", path.name)
        with suppress(OSError):
            path.rename(path.with_suffix(".unread"))
        return None


def _sync_folder(folder: Path) -> None:
    """Make the new name of a file survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
