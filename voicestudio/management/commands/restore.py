"""`manage.py restore`: write a backup into an empty studio."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.backup_places import (
    ProgressLines,
    add_source_arguments,
    faults_explained,
    open_place,
    say_restored,
)
from voicestudio.services import backups


class Command(BaseCommand):
    """Restore a backup."""

    help = (
        "Writes the rows and files of a backup into a studio that has none, reads them again, and "
        "says what was under way. Nothing that was under way is sent. It can be repeated after a "
        "break."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        add_source_arguments(parser)

    def handle(self, source: str, *, backup: str, **_options: Any) -> None:
        """Say what was restored and what is left to do."""
        place = open_place(source, "SOURCE")
        report = ProgressLines(self.stdout.write)
        with faults_explained("The restore isn't complete. Run the same command again."):
            done = backups.restore(place, backup, report)
        manifest = done.manifest
        self.stdout.write(
            f"Backup {manifest.name} is restored: {manifest.rows} rows and "
            f"{manifest.stored_files} files, all as in the backup."
        )
        say_restored(done, self.stdout.write)
