"""`manage.py move_in`: bring the data folder of another studio into this one."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.backup_places import ProgressLines, faults_explained, say_restored
from voicestudio.services import backups


class Command(BaseCommand):
    """Move a studio."""

    help = (
        "Writes the rows and files of a data folder with SQLite into this studio, which has to be "
        "empty, and compares each row and each file. The folder isn't changed, and its studio has "
        "to be stopped. Nothing that was under way is sent. It can be repeated after a break."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--from`."""
        parser.add_argument(
            "--from", dest="source", required=True, type=Path, metavar="DATA_DIR",
            help="the data folder of the studio that moves",
        )  # fmt: skip

    def handle(self, *, source: Path, **_options: Any) -> None:
        """Say what was moved and what is left to do."""
        report = ProgressLines(self.stdout.write)
        with faults_explained("The move isn't complete. Run the same command again."):
            done = backups.move_in(source, report)
        manifest = done.manifest
        self.stdout.write(
            f"The studio in {source} is here: {manifest.rows} rows in {len(manifest.tables)} tables"
            f" and {manifest.stored_files} files ({manifest.file_bytes} bytes). Each row was "
            "compared with its original, and each file by its checksum (SHA-256)."
        )
        if manifest.missing_files:
            self.stderr.write(
                f"{manifest.missing_files} files that rows name were not in the folder. "
                "manage.py check_files says which."
            )
        say_restored(done, self.stdout.write)
        self.stdout.write("Don't start the old studio again: both would use the same voices.")
