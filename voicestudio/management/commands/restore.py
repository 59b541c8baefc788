"""`manage.py restore`: write a backup into an empty studio."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio.management.backup_places import (
    add_backup_argument,
    add_place_argument,
    open_place,
    os_errors_explained,
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
        add_place_argument(parser, "SOURCE")
        add_backup_argument(parser)

    def handle(self, source: str, *, backup: str, **_options: Any) -> None:
        """Say what was restored and what is left to do."""
        place = open_place(source, "SOURCE")
        try:
            with os_errors_explained("The restore isn't complete. Run the same command again."):
                done = backups.restore(place, backup)
        except backups.BackupFault as fault:
            raise CommandError(str(fault)) from fault
        manifest = done.manifest
        self.stdout.write(
            f"Backup {manifest.name} is restored: {manifest.rows} rows and "
            f"{manifest.stored_files} files, all as in the backup."
        )
        self.stdout.write(
            f"Stopped before they were sent: {done.stopped} paid calls. "
            f"Sent, with an unknown outcome: {done.unknown}."
        )
        self.stdout.write(
            "The studio is held: it sends no paid call until an administrator has decided what goes"
            " on, on the page System, Restored studio."
        )
