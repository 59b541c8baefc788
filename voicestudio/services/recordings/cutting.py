"""Cutting and tidying: a new recording that knows its original; the original stays as it is."""

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
from voicestudio.models import AudioFile, Origin
from voicestudio.words import seconds

from .store import DECODED_AT_ONCE, keep

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

BARS: Final = 220


class NotHeld(Exception):  # noqa: N818 - an answer, not a mistake
    """There is no copy of ours to be cut."""


def cut(recording: AudioFile, *, start_ms: int, end_ms: int, purpose: str, by: "User") -> AudioFile:
    """A new recording from a part of this one; the same part twice is the same recording.

    Raises `audio.AudioProblem` if the part is none that the provider takes (too short, too long,
    silent), ValueError if it is no part, NotHeld if there is nothing of ours to cut.
    """
    recipe = f"cut {start_ms} {end_ms} {purpose}"
    if same := _made_before(recording, recipe):
        return same
    name = _("{name} ({start}–{end})").format(
        name=_stem(recording.name), start=seconds(start_ms), end=seconds(end_ms)
    )
    with _made_from(recording) as (source, target):
        isolated.cut(source, target, start_ms, end_ms)
        return _kept(
            recording, target, name, recipe=recipe, purpose=purpose, by=by, origin=Origin.CUT,
            from_ms=start_ms, to_ms=end_ms,
        )  # fmt: skip


def tidy(
    recording: AudioFile, *, trim: bool, level: bool, dc_and_hum: bool, mono: bool, by: "User"
) -> AudioFile:
    """A tidied copy, which is judged again; the same wishes twice are the same copy.

    Raises as `cut`.
    """
    wishes = {"trim": trim, "level": level, "dc_and_hum": dc_and_hum, "mono": mono}
    recipe = " ".join(["tidy", *(name for name, wished in wishes.items() if wished)])
    if same := _made_before(recording, recipe):
        return same
    with _made_from(recording) as (source, target):
        cleanup = isolated.clean_up(source, target, **wishes, timeout=120)
        return _kept(
            recording, target, _("{name}, tidied").format(name=_stem(recording.name)),
            recipe=recipe, purpose=recording.purpose, by=by, origin=Origin.CLEANED,
            steps=cleanup.steps,
        )  # fmt: skip


def _made_before(recording: AudioFile, recipe: str) -> AudioFile | None:
    """What was made of the recording by the same recipe, and is still here."""
    return recording.children.filter(recipe=recipe, deleted_at=None).first()


def _kept(
    recording: AudioFile, made: Path, name: str, *, recipe: str, purpose: str, **more: Any
) -> AudioFile:
    """What was made, as a recording; the one that somebody else has made meanwhile comes first."""
    ingested = isolated.ingest(made, made.parent, purpose=purpose, move=True, timeout=120)
    try:
        return keep(
            ingested, f"{name}{ingested.path.suffix}", purpose=purpose, parent=recording,
            recipe=recipe, **more,
        )  # fmt: skip
    except IntegrityError:
        if same := _made_before(recording, recipe):
            return same
        raise


def shape(recording: AudioFile, start_ms: int, end_ms: int, bars: int = BARS) -> list[int]:
    """The bars (0..100) of a window of the recording; coarse ones while it is not yet drawn."""
    if recording.envelope:
        try:
            return read_bars(Path(recording.envelope.path), start_ms, end_ms, bars)
        except OSError:
            logger.exception("The envelope of recording %s cannot be read.", recording.pk)
    return _coarse(recording, start_ms, end_ms, bars)


def _coarse(recording: AudioFile, start_ms: int, end_ms: int, bars: int) -> list[int]:
    """The same from the few bars that every recording has from the beginning."""
    peaks, length_ms = recording.peaks, recording.duration_ms
    if not peaks or not length_ms:
        return [0] * bars
    middles = (start_ms + (end_ms - start_ms) * (bar + 0.5) / bars for bar in range(bars))
    places = (int(middle / length_ms * len(peaks)) for middle in middles)
    return [peaks[place] if place < len(peaks) else 0 for place in places]


@contextmanager
def _made_from(recording: AudioFile) -> Iterator[tuple[Path, Path]]:
    """Our copy, and a place for what is made of it, which is gone afterwards."""
    if not recording.has_file or not Path(recording.file.path).is_file():
        raise NotHeld
    target = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"made-{secrets.token_hex(8)}"
    with DECODED_AT_ONCE:
        try:
            yield Path(recording.file.path), target
        finally:
            target.unlink(missing_ok=True)


def _stem(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return stem if dot and len(extension) <= 5 else name
