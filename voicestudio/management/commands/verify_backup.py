"""`manage.py verify_backup`: whether a backup is complete and unchanged."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.backup_places import add_source_arguments, faults_explained, open_place
from voicestudio.services import backups


class Command(BaseCommand):
    """Read all of a backup."""

    help = (
        "Reads every byte of a backup and compares it with the manifest, and verifies the audit "
        "trail in it. Exits with 1 at the first fault."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        add_source_arguments(parser)

    def handle(self, source: str, *, backup: str, **_options: Any) -> None:
        """Print one sentence."""
        place = open_place(source, "SOURCE")
        with faults_explained("The backup can't be read."):
            manifest = backups.verify_backup(place, backup)
        self.stdout.write(
            f"Backup {manifest.name} is complete and unchanged: {manifest.rows} rows and "
            f"{manifest.stored_files} files."
        )
