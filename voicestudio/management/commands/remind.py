"""`manage.py remind`: today's message about what expires within 48 hours."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio.services import reminders


class Command(BaseCommand):
    """Send the daily message now, unless it has been sent today."""

    help = "Sends the one message of the day about voices that expire within 48 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """How to print."""
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        """Send and say how many voices it names."""
        if not settings.MAIL_HOST:
            raise CommandError("No mail server is set: MAIL_HOST.")
        try:
            named = reminders.send()
        except OSError as error:
            raise CommandError(f"The mail server did not take it: {error}.") from error
        if options["json"]:
            self.stdout.write(json.dumps({"voices": named, "sent": named > 0}))
        else:
            self.stdout.write(f"Named {named} voices." if named else "Nothing to tell today.")
