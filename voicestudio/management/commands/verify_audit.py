"""`manage.py verify_audit`: whether the audit trail is complete and unchanged."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio.models import AuditEntry
from voicestudio.services import audit


class Command(BaseCommand):
    """Verify the chain of hashes of the audit trail."""

    help = (
        "Finds an entry of the audit trail that is missing or was changed, and with a head from a "
        "log or a backup also an end that was cut off. Exits with 1 at the first fault."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--head", default="", metavar="NUMBER:HASH", help="a head that was written down before"
        )
        parser.add_argument(
            "--print-head", action="store_true", help="seal and print the head, for a backup"
        )

    def handle(self, **options: Any) -> None:
        """Print one sentence, or the head."""
        if options["print_head"]:
            audit.seal_entries()
            self.stdout.write(audit.seal_head())
            return
        try:
            known = audit.Head.parse(options["head"]) if options["head"] else None
        except ValueError as error:
            raise CommandError("--head must be NUMBER:HASH, as --print-head prints it.") from error
        try:
            count = audit.verify_trail(known)
        except audit.TrailBroken as broken:
            self.stdout.write(str(broken))
            sys.exit(1)
        waiting = AuditEntry.objects.unsealed().count()
        self.stdout.write(
            f"The audit trail is complete and unchanged: {count} entries are sealed, "
            f"{waiting} wait for their seal."
        )
