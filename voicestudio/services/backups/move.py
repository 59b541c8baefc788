"""Move: bring the data folder of another studio into the database and storage of this one.

The folder is described as a backup is, with links to its files instead of copies. What follows is
a restore of that backup.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import Storage
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from voicestudio import __version__
from voicestudio.services.paid_calls import journal

from . import versions
from .data_folder import SOURCE, copied_database, locked, refuse_new_locks
from .faults import BackupFault
from .manifest import Manifest, PartWriter, checksum_of, write_manifest
from .places import BACKUPS, file_path, open_folder
from .progress import Report, Step, report_nothing, reported
from .restoration import Restored, restore
from .tables import JOURNAL, models_in_backup, read_file_names, write_table

MEDIA: Final = "media"


def move_in(source: Path, report: Report = report_nothing) -> Restored:
    """Bring rows and files here, and compare them; a repeat goes on. Raises `BackupFault`, OSError.

    The source is not changed, and no studio can start on it meanwhile.
    """
    source = source.expanduser().resolve()
    if source == Path(settings.DATA_DIR).resolve():
        raise BackupFault("own_source", folder=source)
    with (
        locked(source) as locks,
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder,
    ):
        draft = Path(folder)
        place = open_folder(draft)
        with copied_database(source, draft):
            manifest = _describe(source, place, draft, report)
        refuse_new_locks(source, locks)
        write_manifest(place, manifest)
        return restore(place, manifest.name, report)


def _describe(source: Path, place: Storage, draft: Path, report: Report) -> Manifest:
    """Write the rows to the place, and list the files. The same source gives the same manifest."""
    migrations = versions.applied_migrations(connections[SOURCE])
    loader = MigrationLoader(connection)
    if not migrations:
        raise BackupFault("no_source", folder=source, file=settings.SQLITE_FILE_NAME)
    if versions.has_unknown(loader, migrations):
        raise BackupFault("newer_source", folder=source)
    registry = versions.models_of(loader, migrations)
    studio = registry.get_model("voicestudio.Studio")._base_manager.using(SOURCE).first()
    name = f"move-{studio.token if studio else 'unused'}"
    models = models_in_backup(registry)
    tables = {
        model._meta.label_lower: write_table(place, draft, name, model, SOURCE)
        for model in reported(report, Step.READ_ROWS, models, len(models))
    }
    files = _FileLinks(place, draft, f"{BACKUPS}/{name}/files.jsonl.gz")
    total = sum(1 for _file in _find_files(source, registry))
    with files.list.opened():
        for entry, path in reported(report, Step.READ_FILES, _find_files(source, registry), total):
            files.add(entry, path)
    changed_at = (source / settings.SQLITE_FILE_NAME).stat().st_mtime
    return Manifest(
        name=name,
        made_at=datetime.fromtimestamp(changed_at, UTC).isoformat(),
        version=__version__,
        database="sqlite",
        migrations=migrations,
        audit_head="",  # the trail is compared row by row, and nothing is sealed meanwhile
        tables=tables,
        files=files.list.put(place),
        file_bytes=files.bytes,
        missing_files=files.missing,
    )


def _find_files(source: Path, registry: Any) -> Iterator[tuple[dict[str, Any], Path]]:
    """The files of the source, as a backup lists them, each with its path."""
    for path in journal.files(source):
        yield {"row": [JOURNAL, 0], "name": path.name}, path
    for label, pk, name in read_file_names(registry, SOURCE):
        yield {"row": [label, pk], "name": name}, source / MEDIA / name


class _FileLinks:
    """Lists files with their checksums, and links to them where a backup has its files."""

    def __init__(self, place: Storage, draft: Path, path: str) -> None:
        self.place = place
        self.list = PartWriter(draft, path)
        self.bytes = self.missing = 0

    def add(self, entry: dict[str, Any], path: Path) -> None:
        """List a file; one that is gone is listed as missing."""
        try:
            with path.open("rb") as file:
                size, checksum = checksum_of(file)
        except FileNotFoundError:
            self.missing += 1
            self.list.write(entry | {"sha256": ""})
            return
        link = Path(self.place.path(file_path(checksum)))
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path)
        self.bytes += size
        self.list.write(entry | {"bytes": size, "sha256": checksum})
