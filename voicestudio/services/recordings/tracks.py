"""Tracks: another audio track of a file becomes a recording of its own, linked to the first."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from voicestudio.audio import IngestedFile, Note, Track, isolated, rules
from voicestudio.models import Action, AudioFile, Origin, Purpose
from voicestudio.models.recordings import AudioFileQuerySet
from voicestudio.services import storage
from voicestudio.services.permissions import require

from .cutting import file_stem
from .store import DECODER_SLOTS, TIMEOUT_S, FileMissing, save_recording

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class TrackChoice:
    """A track of a file that has several, and the recording that was made of it."""

    track: Track
    recording: AudioFile | None


def find_track_source(recording: AudioFile) -> AudioFile | None:
    """The recording that stores all tracks of the file that `recording` comes from.

    None once that recording is being deleted.
    """
    source = recording.parent if recording.origin == Origin.TRACK else recording
    return source if source and source.tracks_file and source.deleted_at is None else None


def list_tracks(source: AudioFile, *, among: AudioFileQuerySet) -> list[TrackChoice]:
    """All tracks of the file that `source` comes from, with the recordings made of them."""
    made = among.filter(parent=source, origin=Origin.TRACK, deleted_at=None).order_by("-pk")
    recordings = {each.track_number: each for each in (*made.only("name", "notes"), source)}
    return [TrackChoice(Track(**facts), recordings.get(facts["number"])) for facts in source.tracks]


def use_track(source: AudioFile, number: int, *, by: "User") -> AudioFile:
    """The recording of another track; it is made once, and `source` stays as it is.

    Raises `audio.AudioProblem` if the track cannot be used (silent, too short), ValueError if no
    such track is stored, FileMissing if the file with the tracks is lost or being deleted.
    """
    require(by, Action.UPLOAD, source.project_id)
    readable = [facts["number"] for facts in source.tracks if facts["readable"]]
    if not source.tracks_file or number not in readable:
        raise ValueError(f"recording {source.pk} stores no track {number}")
    if number == source.track_number:
        return source
    recipe = f"track {number}"
    if existing := _find_made(source, recipe):
        return existing
    if source.deleted_at is not None:
        raise FileMissing
    try:
        ingested = _ingest_track(source, readable.index(number) + 1)
    except FileNotFoundError as error:  # lost, or deleted meanwhile
        raise FileMissing from error
    note: Note = {"code": "chosen_track", "track": number, "count": len(source.tracks)}
    metadata = replace(ingested.metadata, notes=[note, *ingested.metadata.notes])
    name = _("{name}, track {number}").format(name=file_stem(source.name), number=number)
    try:
        return save_recording(
            replace(ingested, metadata=metadata), f"{name}{ingested.path.suffix}",
            project=source.project, purpose=source.purpose, by=by, origin=Origin.TRACK,
            parent=source, recipe=recipe,
        )  # fmt: skip
    except IntegrityError:  # another request has made it meanwhile
        if existing := _find_made(source, recipe):
            return existing
        raise


def _ingest_track(source: AudioFile, place: int) -> IngestedFile:
    """Check and copy the track at this place in the file with the tracks."""
    with DECODER_SLOTS, storage.local_file(source.tracks_file) as path:
        return isolated.ingest(
            path,
            Path(settings.FILE_UPLOAD_TEMP_DIR),
            purpose=source.purpose,
            max_bytes=settings.UPLOAD_MAX_BYTES,
            longest_ms=rules.LONG_MAX_MS if source.purpose == Purpose.SAMPLE else None,
            track=place,
            timeout=TIMEOUT_S,
        )


def _find_made(source: AudioFile, recipe: str) -> AudioFile | None:
    return source.children.filter(recipe=recipe, deleted_at=None).first()
