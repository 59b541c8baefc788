"""Store: a file becomes a recording with its metadata, in our own storage."""

import hashlib
import re
import shutil
import time
import unicodedata
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from voicestudio.audio import IngestedFile, isolated, rules
from voicestudio.models import Action, AudioFile, Origin, Project, Purpose, Verb, clock
from voicestudio.services.audit import record
from voicestudio.services.permissions import require

from .checks import check_recording

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NAME_LENGTH: Final = 200
JOINERS: Final = "\u200c\u200d"
# No upload and no cut takes that long.
ABANDONED_AFTER: Final = timedelta(days=1)
# Two hours of audio are decoded within a minute; a slow machine gets more time.
TIMEOUT_S: Final = 240.0
# Each recording is decoded in a child process; more at once would only slow down all of them.
DECODER_SLOTS: Final = BoundedSemaphore(4)

# A recording of any other origin was added.
VERBS: Final = {
    Origin.CUT: Verb.RECORDING_CUT,
    Origin.CLEANED: Verb.RECORDING_CLEANED,
    Origin.TRACK: Verb.TRACK_USED,
}


class FileMissing(Exception):  # noqa: N818 - an answer, not a mistake
    """We have no file of this recording to work on, or it is being deleted."""


def store_file(
    source: Path,
    name: str,
    *,
    project: Project,
    purpose: str,
    by: "User",
    origin: Origin = Origin.UPLOADED,
    move: bool = False,
) -> AudioFile:
    """Store a file as a recording, converted if the provider would not accept it as it is.

    With `move` the file is moved where possible instead of copied. Raises `audio.AudioProblem`, and
    stores nothing then, and `NotAllowed`.
    """
    require(by, Action.UPLOAD, project.pk)
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    ingested = ingest_file(source, folder, purpose=purpose, move=move)
    return save_recording(ingested, name, project=project, purpose=purpose, by=by, origin=origin)


def ingest_file(source: Path, folder: Path, *, purpose: str, move: bool = False) -> IngestedFile:
    """Measure a file, converted if need be, and keep it in `folder`. Raises as `store_file`."""
    with DECODER_SLOTS:
        return isolated.ingest(
            source,
            folder,
            purpose=purpose,
            move=move,
            max_bytes=settings.UPLOAD_MAX_BYTES,
            longest_ms=rules.LONG_MAX_MS if purpose == Purpose.SAMPLE else None,
            timeout=TIMEOUT_S,
        )


def save_recording(
    ingested: IngestedFile,
    name: str,
    *,
    project: Project,
    purpose: str,
    by: "User",
    origin: Origin,
    **fields: Any,
) -> AudioFile:
    """Move the file into our storage, save the row and queue the check; all or nothing.

    Raises FileMissing if the recording that it was made from is deleted meanwhile.
    """
    metadata = ingested.metadata
    recording = AudioFile(
        name=clean_file_name(name),
        project=project,
        purpose=purpose,
        origin=origin,
        converted_from=ingested.converted_from,
        duration_ms=metadata.duration_ms,
        bytes=metadata.bytes,
        sample_rate=metadata.sample_rate,
        channels=metadata.channels,
        codec=metadata.codec,
        peak_dbfs=metadata.peak_dbfs,
        loudness_db=metadata.loudness_db,
        silence_share=metadata.silence_share,
        peaks=metadata.peaks,
        notes=metadata.notes,
        needs_cutting=rules.must_be_cut(metadata.duration_ms, purpose),
        check_started_at=clock.now(),
        created_by=by,
        **fields,
    )
    track_set = ingested.track_set
    try:
        recording.sha256 = _move_into(recording.file, ingested.path)
        if track_set is not None:
            recording.tracks = [asdict(track) for track in track_set.tracks]
            recording.tracks_bytes = track_set.path.stat().st_size
            recording.tracks_sha256 = _move_into(recording.tracks_file, track_set.path)
        with transaction.atomic():
            _lock_parent(recording)
            recording.save()
            verb = VERBS.get(origin, Verb.RECORDING_ADDED)
            record(verb, by=by, on=recording, origin=str(origin), parent=recording.parent_id)
            check_recording.enqueue(recording.pk)
    except Exception:
        for file in recording.files:
            file.delete(save=False)
        raise
    finally:
        for path in (ingested.path, *([track_set.path] if track_set else [])):
            path.unlink(missing_ok=True)
    return recording


def _lock_parent(recording: AudioFile) -> None:
    """Keep a deletion or a move of the original waiting; raise FileMissing if it is deleted.

    The copy gets its project, because the original may have been moved while the copy was made.
    """
    if recording.parent_id is not None:
        rows = AudioFile.objects.select_for_update().filter(pk=recording.parent_id, deleted_at=None)
        parent = rows.only("project").first()
        if parent is None:
            raise FileMissing
        recording.project_id = parent.project_id


def _move_into(field: FieldFile, path: Path) -> str:
    """Move a file into our storage under its own name; return its checksum."""
    with path.open("rb") as source:
        checksum = hashlib.file_digest(source, "sha256").hexdigest()
    with _Movable(path) as content:
        field.save(path.name, content, save=False)
    return checksum


def rename_recording(recording: AudioFile, name: str, *, by: "User") -> None:
    """Give a recording another name for people; MiniMax knows it by its file ID."""
    require(by, Action.UPLOAD, recording.project_id)
    with transaction.atomic():
        recording.name = clean_file_name(name)
        recording.save(update_fields=["name"])
        record(Verb.RECORDING_RENAMED, by=by, on=recording)


def delete_abandoned_uploads() -> None:
    """Delete the files and folders of uploads, cuts and checks whose process was killed."""
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*"):
        with suppress(OSError):  # already deleted
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER.total_seconds():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def clean_file_name(name: str) -> str:
    """A file's name for display: without path or invisible characters, and not too long.

    Joiners stay: Persian, Hindi and many emoji are written with them. A line end becomes a blank.
    """
    name = " ".join(re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].split())
    visible = "".join(
        char for char in name if char in JOINERS or unicodedata.category(char)[0] != "C"
    ).strip(f" {JOINERS}")
    if len(visible) > NAME_LENGTH:
        stem, dot, extension = visible.rpartition(".")
        most = NAME_LENGTH - len(extension) - 2
        visible = f"{stem[:most]}…{dot}{extension}" if dot and most > 0 else visible[:NAME_LENGTH]
    return visible or _("Recording")


class _Movable(File):
    """A file that the storage can move into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)
