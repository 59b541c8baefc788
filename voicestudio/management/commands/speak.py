"""`manage.py speak`: generate speech with a voice and save it to a file."""

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from voicestudio.management import script_output
from voicestudio.management.users import get_user
from voicestudio.minimax.limits import SPEECH_FORMATS
from voicestudio.models import Action, Speech, Verb
from voicestudio.services import audit, speeches
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.permissions import require
from voicestudio.services.speeches import keep


class Command(script_output.StudioCommand):
    """Generate speech with a voice."""

    help = (
        "Speaks a text with a voice and saves the audio to a file. Exits with 0 if the file is "
        "written, with 3 if the call is still running, with 1 if it failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the fields of the speech form, the file and the output options."""
        parser.add_argument("voice_id", metavar="VOICE_ID", nargs="?", default="")
        parser.add_argument("text", metavar="TEXT", nargs="?", default="")
        parser.add_argument(
            "--again", type=int, metavar="ID", help="fetch the audio of this speech, free"
        )
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument("--model", default="", help="default: the model of the preview")
        parser.add_argument("--speed", default="1", help="0.5 to 2")
        parser.add_argument("--volume", default="1", help="above 0, to 10")
        parser.add_argument("--pitch", type=int, default=0, help="-12 to 12 semitones")
        parser.add_argument("--language", default="", help='for example "English"')
        parser.add_argument("--format", default="", help="mp3, wav or flac; default: as in FILE")
        script_output.add_project_argument(parser, _("the voice is in this project"))
        script_output.add_user_argument(parser)
        script_output.add_timeout_argument(parser, 300.0)
        script_output.add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Request the speech, wait for it, save the file and print the result."""
        user = get_user(options["person"])
        out: Path = options["out"]
        if not out.absolute().parent.is_dir():
            # Checked before anything is charged.
            raise CommandError(_("%(folder)s: no such folder.") % {"folder": out.parent})
        if options["again"] is not None:
            speech = self._fetch(options["again"], user, options["project"])
        elif options["voice_id"] and options["text"]:
            speech = self._generate(options, user)
        else:
            raise CommandError(_("Give VOICE_ID and TEXT, or --again ID."))
        saved = self._save_audio(speech, out)
        if saved:
            audit.record(Verb.DOWNLOADED, by=user, on=speech, file="audio")
        data = script_output.speech_json(speech, user) | {"out": str(out) if saved else None}
        script_output.print_object(self, data, as_json=options["json"])
        if not saved:
            script_output.exit_unfinished(speech)

    def _generate(self, options: dict[str, Any], user: User) -> Speech:
        try:
            speech = speeches.submit(self._order(options, user), by=user)
        except speeches.OrderRefused as error:
            data = script_output.refusal_json(options["voice_id"], error.message)
            script_output.print_object(self, data, as_json=options["json"])
            sys.exit(1)
        return script_output.wait_for(speech, speeches.run_speech.call, options["timeout"])

    def _fetch(self, pk: int, user: User, project: str) -> Speech:
        """Return the speech with its audio, fetched once more if it is missing."""
        visible = Speech.objects.visible_to(user)
        if project:
            visible = visible.filter(project=script_output.get_project(project, user))
        speech = visible.filter(pk=pk).first()
        if speech is None:
            raise CommandError(_("There is no speech %(id)s.") % {"id": pk})
        require(user, Action.DOWNLOAD, speech.project_id)
        if not speech.audio:
            audio_download.fetch_now(speech, by=user)
            speech.refresh_from_db()
        return speech

    def _order(self, options: dict[str, Any], user: User) -> speeches.SpeechOrder:
        voice = script_output.get_voice(options["voice_id"], user, options["project"])
        suffix = options["out"].suffix.removeprefix(".").lower()
        default_format = suffix if suffix in SPEECH_FORMATS else SPEECH_FORMATS[0]
        model = options["model"] or keep.model_for(voice) or settings.MINIMAX_MODELS[0]
        try:
            speed, volume = Decimal(options["speed"]), Decimal(options["volume"])
        except InvalidOperation as error:
            raise CommandError(_("--speed and --volume must be numbers.")) from error
        return speeches.SpeechOrder(
            token=uuid4(),
            voice=voice,
            text=options["text"],
            model=model,
            speed=speed,
            volume=volume,
            pitch=options["pitch"],
            language=options["language"],
            format=options["format"] or default_format,
        )

    def _save_audio(self, speech: Speech, out: Path) -> bool:
        if not speech.is_ready or not speech.audio:
            return False
        try:
            with speech.audio.open("rb") as source:
                out.write_bytes(source.read())
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}.") from error
        return True
