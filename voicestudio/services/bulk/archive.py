"""Archive: the audio of several rows as one ZIP file, written while it is sent.

zipstream-ng was looked at: `zipfile` writes to a stream that cannot seek by itself.
"""

import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Final, NamedTuple, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.db.models.fields.files import FieldFile
from django.utils import timezone

from voicestudio.models import Action, AudioFile, CloneAttempt, Verb, Voice, clock
from voicestudio.services import storage
from voicestudio.services.audit import record
from voicestudio.services.download_names import download_name
from voicestudio.services.permissions import NotAllowed, require
from voicestudio.words.bulk import FILE_AWAY, LEFT_OUT_NAME, NO_AUDIO
from voicestudio.words.items import label_value

from .selection import Refusal, Row, name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# A page of the longest recordings; more would hold a thread of the web server for hours.
MOST_BYTES: Final = 8 * 1024**3


class ArchiveTooLarge(Exception):  # noqa: N818 - an answer, not a mistake
    """The files of these rows are more than one archive holds."""


class ArchiveEntry(NamedTuple):
    """A file in the archive: its name there, and where it is stored."""

    name: str
    file: FieldFile
    size: int
    written_at: datetime


@dataclass
class Archive:
    """What an archive holds, and which rows are not in it."""

    entries: list[ArchiveEntry] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def plan_archive(rows: Sequence[Row], *, by: "User") -> Archive:
    """The files of these rows in their order, by which their names sort.

    Raises `NotAllowed` if the person may download none of them, `ArchiveTooLarge`, and
    `StorageAway` at the first file for which the bucket does not answer: asking for the others
    would take up to a minute each.
    """
    archive, not_allowed = Archive(), list[NotAllowed]()
    for number, row in enumerate(rows, 1):
        try:
            require(by, Action.DOWNLOAD, row.project_id)
            archive.entries.append(_find_entry(row, number, len(str(len(rows)))))
        except NotAllowed as refused:
            not_allowed.append(refused)
            archive.refused.append(Refusal(name_of(row), str(refused.message.headline)))
        except FileNotFoundError:
            archive.refused.append(Refusal(name_of(row), str(NO_AUDIO)))
        except storage.StorageAway:
            raise
        except OSError as error:
            logger.warning("A file of %s cannot be read: %s", name_of(row), error)
            archive.refused.append(Refusal(name_of(row), str(FILE_AWAY)))
    if not_allowed and len(not_allowed) == len(rows):
        raise not_allowed[0]
    if sum(entry.size for entry in archive.entries) > MOST_BYTES:
        raise ArchiveTooLarge
    return archive


def record_download(archive: Archive, *, by: "User") -> None:
    """Enter each file in the audit trail; to be called when the archive is sent."""
    for entry in archive.entries:
        record(Verb.DOWNLOADED, by=by, on=entry.file.instance, file=str(entry.file.field.name))


def _find_entry(row: Row, number: int, digits: int) -> ArchiveEntry:
    """The file of a row. Raises FileNotFoundError if it has none, OSError if it can't be read."""
    file = _audio_of(row)
    if not file:
        raise FileNotFoundError
    size, written_at = storage.size_and_time(file)
    name = download_name(name_of(row), str(file.name))
    return ArchiveEntry(f"{number:0{digits}} {name}", file, size, written_at)


def _audio_of(row: Row) -> FieldFile | None:
    """The recording itself; of an attempt or a voice its preview."""
    if isinstance(row, AudioFile):
        return row.file
    attempt: CloneAttempt | None = row if isinstance(row, CloneAttempt) else _attempt_of(row)
    return attempt.audio if attempt else None


def _attempt_of(voice: Voice) -> CloneAttempt | None:
    return getattr(voice, "attempt", None)  # an imported voice has none


def stream_archive(archive: Archive) -> Generator[bytes]:
    """The bytes of the archive; no more than one chunk of a file is in memory.

    Rows without a file are named in a text file at its end.
    """
    sink = _Sink()
    with ZipFile(cast(IO[bytes], sink), "w", ZIP_STORED) as zip_file:
        for entry in archive.entries:
            info = ZipInfo(entry.name, _zip_time(entry.written_at))
            info.file_size = entry.size  # so that zipfile knows whether it needs 64 bits
            with zip_file.open(info, "w") as member:
                for chunk in storage.chunks(entry.file, 0, entry.size):
                    member.write(chunk)
                    yield sink.take()
        if archive.refused:
            lines = "".join(
                f"{label_value(refused.name, refused.reason)}\n" for refused in archive.refused
            )
            zip_file.writestr(ZipInfo(str(LEFT_OUT_NAME), _zip_time(clock.now())), lines)
    yield sink.take()


def _zip_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """A time as ZIP writes it: without a zone, so in that of the person, and not before 1980."""
    year, month, day, hour, minute, second, *_rest = timezone.localtime(moment).timetuple()
    return max((year, month, day, hour, minute, second), (1980, 1, 1, 0, 0, 0))


class _Sink:
    """A file for `zipfile` that can't seek and passes on what is written."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing: `take` has all that was written."""

    def take(self) -> bytes:
        data = b"".join(self.parts)
        self.parts.clear()
        return data
