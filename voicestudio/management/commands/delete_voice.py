"""`manage.py delete_voice`: delete a voice at MiniMax, optionally with its files."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from voicestudio.management import script_output
from voicestudio.management.users import get_user
from voicestudio.services.voices import deletion


class Command(script_output.StudioCommand):
    """Delete a voice permanently."""

    help = (
        "Deletes a voice at MiniMax. Exits with 0 if everything requested is deleted, otherwise "
        "with 1; it can be run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the voice, what to delete with it, the user and the output option."""
        parser.add_argument("voice_id", metavar="VOICE_ID")
        parser.add_argument("--files-there", action="store_true", help="also files at MiniMax")
        parser.add_argument("--files-here", action="store_true", help="also our audio of the voice")
        script_output.add_project_argument(parser, _("the voice is in this project"))
        script_output.add_user_argument(parser)
        script_output.add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Delete and print every item."""
        user = get_user(options["person"])
        voice = script_output.get_voice(options["voice_id"], user, options["project"])
        result = deletion.delete_voice(
            voice,
            confirmation=options["voice_id"],
            by=user,
            files_there=options["files_there"],
            files_here=options["files_here"],
        )
        items = [
            {
                "kind": item.kind,
                "name": item.name,
                "state": item.state,
                "message": script_output.message_text(item.message),
            }
            for item in result.items
        ]
        if options["json"]:
            data = {"voice_id": voice.voice_id, "status": items[0]["state"], "items": items}
            script_output.print_object(self, data, as_json=True)
        else:
            for item in items:
                self.stdout.write("\t".join(str(value) for value in item.values() if value))
        if not result.is_complete:
            sys.exit(1)
