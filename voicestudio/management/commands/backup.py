"""`manage.py backup`: write a backup of rows and files to a folder or a bucket."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.files.storage import Storage
from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.backup_places import add_place_argument, faults_explained, open_place
from voicestudio.services import backups


class Command(BaseCommand):
    """Make a backup while people work."""

    help = (
        "Writes the database of one moment and all files that it names. Files that the target "
        "holds already are not copied again. It can be repeated after a break. With --keep, older "
        "backups are deleted, but never the newest one that verify_backup has found whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        add_place_argument(parser, "TARGET")
        parser.add_argument(
            "--keep", type=_count, metavar="N", help="delete all but the newest N backups"
        )

    def handle(self, target: str, *, keep: int | None, **_options: Any) -> None:
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
        if keep:
            self._prune(place, keep, made.name)

    def _prune(self, place: Storage, keep: int, made: str) -> None:
        with faults_explained("The new backup is complete, but older ones were not all deleted."):
            pruned = backups.prune_backups(place, keep, made)
        self.stdout.write(f"Deleted: {pruned.backups} older backups and {pruned.files} files.")
        if pruned.files_stay:
            self.stdout.write(
                "Files of deleted backups stay for now: another backup is under way, or was broken "
                "off less than a week ago."
            )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a whole number, at least 1")
    return int(text)
