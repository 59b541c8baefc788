"""Export: the facts of several rows, as cells of a table."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from voicestudio.models import AudioFile, CloneAttempt, ListKind, Voice, access_of, display_name
from voicestudio.services.voices import notes

from .selection import Row

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def columns(kind: ListKind) -> list[str]:
    """The headings of the table of a list; ValueError if its rows can't be selected."""
    match kind:
        case ListKind.HISTORY:
            own = [
                _("Attempt"), _("Speaker"), _("Voice ID"), _("State"), _("Model"),
                _("Preview text"), _("Requested (UTC)"), _("Requested by"),
            ]  # fmt: skip
        case ListKind.VOICES:
            own = [
                _("Voice ID"), _("Speaker"), _("State"), _("Tags"), _("Notes"), _("Added (UTC)"),
                _("Expires (UTC)"), _("Last used (UTC)"), _("Cloned by"),
            ]  # fmt: skip
        case ListKind.RECORDINGS:
            own = [
                _("Recording"), _("Purpose"), _("Length (s)"), _("Size (bytes)"),
                _("Check result"), _("Added (UTC)"), _("Uploaded by"),
            ]  # fmt: skip
        case ListKind.AUDIT | ListKind.PEOPLE | ListKind.PROJECTS:
            raise ValueError(kind)
    return [*own, _("Project")]


def export_rows(rows: Iterable[Row], person: "User") -> Iterator[list[str]]:
    """The cells of each row, below `columns`."""
    rows = list(rows)
    tags = notes.list_tags_of(row.pk for row in rows if isinstance(row, Voice))
    labels = access_of(person).labels
    for row in rows:
        label = labels.get(row.project_id)
        yield [*_cells(row, tags), label.name if label else ""]


def _cells(row: Row, tags: dict[int, list[str]]) -> list[str]:
    match row:
        case CloneAttempt():
            return [
                str(row.pk), row.speaker_name, row.voice_id, str(row.state.label), row.model,
                row.preview_text, _moment(row.created_at), display_name(row.created_by),
            ]  # fmt: skip
        case Voice():
            attempt: CloneAttempt | None = getattr(row, "attempt", None)
            return [
                row.voice_id, row.speaker.name, str(row.state.label), ", ".join(tags[row.pk]),
                row.notes, _moment(row.created_at), _moment(row.expires_at),
                _moment(row.last_used_at), display_name(attempt.created_by) if attempt else "",
            ]  # fmt: skip
        case AudioFile():
            length = "" if row.duration_ms is None else f"{row.duration_ms / 1000:.1f}"
            return [
                row.name, row.get_purpose_display(), length, str(row.bytes or ""),
                row.get_verdict_display(), _moment(row.created_at), display_name(row.created_by),
            ]  # fmt: skip


def _moment(at: datetime | None) -> str:
    """As spreadsheets read it."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
