"""`manage.py voices`: list the voices that a person sees."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from voicestudio.management import script_output
from voicestudio.management.script_output import SCRIPT_STATES, StudioCommand, voice_json
from voicestudio.management.users import get_user
from voicestudio.models import Voice, VoiceState
from voicestudio.services.money import costs
from voicestudio.services.voices import bookkeeping


class Command(StudioCommand):
    """List voices with their current state."""

    help = "Lists voices: ID, speaker, state, when it was kept or when it expires, cost."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the filter and the output option."""
        parser.add_argument("--state", choices=SCRIPT_STATES, help="only voices in this state")
        parser.add_argument("--json", action="store_true", help="print a list of JSON objects")
        script_output.add_project_argument(parser, _("only voices of this project"))
        script_output.add_user_argument(parser)

    def handle(self, **options: Any) -> None:
        """Print the voices, newest first."""
        bookkeeping.settle_lapsed()
        person = get_user(options["person"])
        visible = Voice.objects.visible_to(person)
        if name := options["project"]:
            visible = visible.filter(project=script_output.get_project(name, person))
        voices = visible.select_related("speaker").defer("search_text", "notes")
        if state := options["state"]:
            matching = voices.in_state(state)
            if state == VoiceState.KEPT:
                matching |= voices.in_state(VoiceState.FROM_MINIMAX)
            voices = matching
        spent = costs.sum_voices()
        rows = [
            voice_json(voice, spent.get(voice.pk, costs.ZERO), person)
            for voice in voices.order_by("-pk")
        ]
        script_output.print_list(self, rows, _voice_line, as_json=options["json"])


def _voice_line(row: dict[str, Any]) -> str:
    date = row["kept_at"] or row["expires_at"] or ""
    return "\t".join((row["voice_id"], row["speaker"], row["state"], date, row["cost"] or ""))
