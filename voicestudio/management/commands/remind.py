"""`manage.py remind`: send the daily message about voices that expire within 48 hours."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio.management.script_output import add_json_argument
from voicestudio.services import reminders


class Command(BaseCommand):
    """Send the daily message now, unless it was sent today."""

    help = "Sends the daily message about voices that expire within 48 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the output option."""
        add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Send the message and print how many voices it lists."""
        if not settings.MAIL_HOST:
            raise CommandError("No mail server is set: MAIL_HOST.")
        try:
            count = reminders.send()
        except OSError as error:
            raise CommandError(f"The mail server refused the message: {error}.") from error
        if options["json"]:
            self.stdout.write(json.dumps({"voices": count, "sent": count > 0}))
        else:
            self.stdout.write(f"Reminded of {count} voices." if count else "No reminder due.")
