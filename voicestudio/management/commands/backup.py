"""`manage.py backup`: write a backup of rows and files to a folder or a bucket."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.backup_places import add_place_argument, faults_explained, open_place
from voicestudio.services import backups


class Command(BaseCommand):
    """Make a backup while people work."""

    help = (
        "Writes the database of one moment and all files that it names. Files that the target "
        "holds already are not copied again. It can be repeated after a break."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the argument."""
        add_place_argument(parser, "TARGET")

    def handle(self, target: str, **_options: Any) -> None:
        """Say what the backup holds."""
        place = open_place(target, "TARGET")
        with faults_explained("There is no new backup. Run the same command again."):
            made = backups.make_backup(place)
        self.stdout.write(
            f"Backup {made.name} is complete: {made.rows} rows and "
            f"{made.stored_files} files. "
            f"The head of the audit trail is {made.audit_head or 'empty'}."
        )
        if made.missing_files:
            self.stderr.write(
                f"{made.missing_files} files could not be found: they were deleted meanwhile, or "
                "were missing before. manage.py check_files says which are missing."
            )
