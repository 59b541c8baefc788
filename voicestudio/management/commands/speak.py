"""`manage.py speak`: let a voice say a text, into a file."""

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio.management import ledger
from voicestudio.management.people import person_called
from voicestudio.models import Speech
from voicestudio.services import speeches
from voicestudio.services.speeches import keep


class Command(BaseCommand):
    """Speak a text with a voice."""

    help = (
        "Lets a voice say a text and writes the audio to a file. Ends with 0 only if it is there, "
        "with 3 if it is still under way, with 1 if it could not be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The same parts as the page has."""
        parser.add_argument("voice_id", metavar="VOICE_ID")
        parser.add_argument("text", metavar="TEXT")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument("--model", default="", help="that of the demo if left out")
        parser.add_argument("--speed", default="1", help="0.5 to 2")
        parser.add_argument("--volume", default="1", help="0 to 10")
        parser.add_argument("--pitch", type=int, default=0, help="-12 to 12 half-tones")
        parser.add_argument("--language", default="", help='such as "English"')
        parser.add_argument("--format", default="", help="mp3, wav or flac; from FILE if left out")
        parser.add_argument("--as", dest="person", default="", metavar="USER", help="who asks")
        parser.add_argument("--timeout", type=float, default=300.0, help="in seconds")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        """Ask, wait, write the file, print, and end with the code that scripts rely on."""
        person = person_called(options["person"])
        out: Path = options["out"]
        if not out.absolute().parent.is_dir():
            # Before anything is paid for.
            raise CommandError(f"{out.parent}: there is no such folder.")
        try:
            speech = speeches.ask(self._order(options), by=person)
        except speeches.SpeechRefused as refusal:
            said = f"{refusal.message.headline} {refusal.message.next_step}"
            ledger.show(self, ledger.refused(options["voice_id"], said), as_json=options["json"])
            sys.exit(1)
        speech = ledger.finished(speech, options["timeout"])
        written = self._write(speech, out)
        found = ledger.told_of_speech(speech) | {"out": str(out) if written else None}
        ledger.show(self, found, as_json=options["json"])
        if not written:
            sys.exit(ledger.UNDER_WAY if speech.is_running else 1)

    def _order(self, options: dict[str, Any]) -> speeches.SpeechOrder:
        voice = ledger.voice_called(options["voice_id"])
        suffix = options["out"].suffix.removeprefix(".").lower()
        by_name = suffix if suffix in speeches.FORMATS else speeches.FORMATS[0]
        model = options["model"] or keep.model_for(voice) or settings.MINIMAX_MODELS[0]
        try:
            speed, volume = Decimal(options["speed"]), Decimal(options["volume"])
        except InvalidOperation as error:
            raise CommandError("--speed and --volume must be numbers.") from error
        return speeches.SpeechOrder(
            token=uuid4(),
            voice=voice,
            text=options["text"],
            model=model,
            speed=speed,
            volume=volume,
            pitch=options["pitch"],
            language=options["language"],
            format=options["format"] or by_name,
        )

    def _write(self, speech: Speech, out: Path) -> bool:
        if not speech.is_ready or not speech.audio:
            return False
        try:
            with speech.audio.open("rb") as source:
                out.write_bytes(source.read())
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}.") from error
        return True
