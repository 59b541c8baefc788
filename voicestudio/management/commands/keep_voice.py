"""`manage.py keep_voice`: let a voice speak one sentence, so that MiniMax keeps it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management import ledger
from voicestudio.management.people import person_called
from voicestudio.services import speeches
from voicestudio.services.speeches import keep


class Command(BaseCommand):
    """Keep a voice."""

    help = (
        "Keeps a voice: it speaks one short sentence, and the clone fee falls due. Ends with 0 "
        "only if the voice is kept, with 3 if that is still under way, with 1 if it is not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which voice, for whom, and how to print."""
        parser.add_argument("voice_id", metavar="VOICE_ID")
        parser.add_argument("--as", dest="person", default="", metavar="USER", help="who asks")
        parser.add_argument("--timeout", type=float, default=300.0, help="in seconds")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        """Ask, wait, print, and end with the code that scripts rely on."""
        person = person_called(options["person"])
        voice = ledger.voice_called(options["voice_id"])
        try:
            speech = keep.keep_voice(voice, by=person)
        except speeches.SpeechRefused as refusal:
            said = f"{refusal.message.headline} {refusal.message.next_step}"
            ledger.show(self, ledger.refused(voice.voice_id, said), as_json=options["json"])
            sys.exit(1)
        speech = ledger.finished(speech, options["timeout"])
        ledger.show(self, ledger.told_of_speech(speech), as_json=options["json"])
        if not speech.is_ready:
            sys.exit(ledger.UNDER_WAY if speech.is_running else 1)
