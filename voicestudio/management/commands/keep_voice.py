"""`manage.py keep_voice`: generate one short speech, so that MiniMax keeps the voice."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from voicestudio.management import script_output
from voicestudio.management.users import get_user
from voicestudio.services import speeches
from voicestudio.services.speeches import keep


class Command(script_output.StudioCommand):
    """Keep a voice."""

    help = (
        "Keeps a voice: it speaks one short sentence, and the clone fee is charged unless it was "
        "charged before. Exits with 0 if the voice is kept, with 3 if that is still running, with "
        "1 if it failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the voice, the user and the output options."""
        parser.add_argument("voice_id", metavar="VOICE_ID")
        script_output.add_project_argument(parser, _("the voice is in this project"))
        script_output.add_user_argument(parser)
        script_output.add_timeout_argument(parser, 300.0)
        script_output.add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Request the speech, wait for it and print the result."""
        user = get_user(options["person"])
        voice = script_output.get_voice(options["voice_id"], user, options["project"])
        try:
            speech = keep.keep_voice(voice, by=user)
        except speeches.OrderRefused as error:
            data = script_output.refusal_json(voice.voice_id, error.message)
            script_output.print_object(self, data, as_json=options["json"])
            sys.exit(1)
        speech = script_output.wait_for(speech, speeches.run_speech.call, options["timeout"])
        data = script_output.speech_json(speech, user)
        script_output.print_object(self, data, as_json=options["json"])
        if not speech.is_ready:
            script_output.exit_unfinished(speech)
