"""Cuts and clean copies: a new recording made from an original, which stays unchanged."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from voicestudio.audio import isolated, read_bars
from voicestudio.models import Action, AudioFile, Origin
from voicestudio.services import storage
from voicestudio.services.permissions import require
from voicestudio.words import seconds

from .store import DECODER_SLOTS, FileMissing, save_recording

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

BARS: Final = 220


def cut_recording(
    recording: AudioFile, *, start_ms: int, end_ms: int, purpose: str, by: "User"
) -> AudioFile:
    """Cut a part out into a new recording; the same cut again returns the same recording.

    Raises `audio.AudioProblem` if the provider would refuse the part (too short, too long, silent),
    ValueError for an invalid part, FileMissing without a file of ours.
    """
    require(by, Action.UPLOAD, recording.project_id)
    recipe = f"cut {start_ms} {end_ms} {purpose}"
    if existing := _find_result(recording, recipe):
        return existing
    name = _("{name} ({start}–{end})").format(
        name=file_stem(recording.name), start=seconds(start_ms), end=seconds(end_ms)
    )
    with _source_and_target(recording) as (source, target):
        isolated.cut(source, target, start_ms, end_ms)
        return _save_result(
            recording, target, name, recipe=recipe, purpose=purpose, by=by, origin=Origin.CUT,
            from_ms=start_ms, to_ms=end_ms,
        )  # fmt: skip


def clean_recording(
    recording: AudioFile, *, trim: bool, level: bool, dc_and_hum: bool, mono: bool, by: "User"
) -> AudioFile:
    """Make a clean copy, which is checked again; the same options return the same copy.

    Raises as `cut_recording`.
    """
    require(by, Action.UPLOAD, recording.project_id)
    options = {"trim": trim, "level": level, "dc_and_hum": dc_and_hum, "mono": mono}
    recipe = " ".join(["clean", *(name for name, chosen in options.items() if chosen)])
    if existing := _find_result(recording, recipe):
        return existing
    with _source_and_target(recording) as (source, target):
        cleanup = isolated.clean_up(source, target, **options, timeout=120)
        return _save_result(
            recording, target, _("{name}, clean copy").format(name=file_stem(recording.name)),
            recipe=recipe, purpose=recording.purpose, by=by, origin=Origin.CLEANED,
            steps=cleanup.steps,
        )  # fmt: skip


def waveform_bars(recording: AudioFile, start_ms: int, end_ms: int, bars: int = BARS) -> list[int]:
    """The heights (0 to 100) of a part of the waveform; coarse ones until the check has ended."""
    if recording.envelope:
        try:
            with storage.local_file(recording.envelope) as path:
                return read_bars(path, start_ms, end_ms, bars)
        except (OSError, ValueError):
            logger.exception("The envelope of recording %s cannot be read.", recording.pk)
    peaks, length_ms = recording.peaks, recording.duration_ms
    if not peaks or not length_ms:
        return [0] * bars
    middles = (start_ms + (end_ms - start_ms) * (bar + 0.5) / bars for bar in range(bars))
    places = (int(middle / length_ms * len(peaks)) for middle in middles)
    return [peaks[place] if place < len(peaks) else 0 for place in places]


def _find_result(recording: AudioFile, recipe: str) -> AudioFile | None:
    """The recording that the same operation has made before."""
    return recording.children.filter(recipe=recipe, deleted_at=None).first()


def _save_result(
    recording: AudioFile, file: Path, name: str, *, recipe: str, purpose: str, **fields: Any
) -> AudioFile:
    """Store the result; if another request has stored the same one meanwhile, return that."""
    ingested = isolated.ingest(file, file.parent, purpose=purpose, move=True, timeout=120)
    # What the compression of the original has left out is still missing.
    ingested.metadata.notes.extend(
        note for note in recording.notes if note["code"] == "low_bit_rate"
    )
    try:
        return save_recording(
            ingested, f"{name}{ingested.path.suffix}", project=recording.project, purpose=purpose,
            parent=recording, recipe=recipe, **fields,
        )  # fmt: skip
    except IntegrityError:
        if existing := _find_result(recording, recipe):
            return existing
        raise


@contextmanager
def _source_and_target(recording: AudioFile) -> Iterator[tuple[Path, Path]]:
    """The recording's file, and a path for the result, which is deleted afterwards."""
    if recording.deleted_at is not None or not recording.has_file:
        raise FileMissing  # a deletion that the worker finishes has not reached the file yet
    target = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"made-{secrets.token_hex(8)}"
    with DECODER_SLOTS:
        try:
            with storage.local_file(recording.file) as source:
                yield source, target
        except FileNotFoundError as error:  # lost, or deleted meanwhile
            raise FileMissing from error
        finally:
            target.unlink(missing_ok=True)


def file_stem(name: str) -> str:
    """A name without the extension of its file."""
    stem, dot, extension = name.rpartition(".")
    return stem if dot and len(extension) <= 5 else name
