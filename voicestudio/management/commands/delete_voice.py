"""`manage.py delete_voice`: delete a voice at MiniMax, and its files if asked to."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management import ledger
from voicestudio.management.people import person_called
from voicestudio.services.voices import deletion


class Command(BaseCommand):
    """Delete a voice for good."""

    help = (
        "Deletes a voice at MiniMax. Ends with 0 if everything that was asked for is gone, else "
        "with 1; it can be tried again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which voice, what else, for whom, and how to print."""
        parser.add_argument("voice_id", metavar="VOICE_ID")
        parser.add_argument("--files-there", action="store_true", help="uploaded recordings too")
        parser.add_argument("--files-here", action="store_true", help="our audio of it too")
        parser.add_argument("--as", dest="person", default="", metavar="USER", help="who asks")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        """Delete, print every item, and end with the code that scripts rely on."""
        voice = ledger.voice_called(options["voice_id"])
        result = deletion.delete_voice(
            voice,
            confirmation=options["voice_id"],
            by=person_called(options["person"]),
            files_there=options["files_there"],
            files_here=options["files_here"],
        )
        items = [
            {
                "what": item.what,
                "name": item.name,
                "state": item.state,
                "message": f"{item.message.headline} {item.message.next_step}"
                if item.message
                else None,
            }
            for item in result.items
        ]
        if options["json"]:
            found = {"voice_id": voice.voice_id, "status": items[0]["state"], "items": items}
            ledger.show(self, found, as_json=True)
        else:
            for item in items:
                line = [item["what"], item["name"], item["state"], item["message"]]
                self.stdout.write("\t".join(part for part in line if part))
        if not result.is_complete:
            sys.exit(1)
