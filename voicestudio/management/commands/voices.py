"""`manage.py voices`: list all voices."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.script_output import SCRIPT_STATES, voice_json
from voicestudio.models import Voice, VoiceState
from voicestudio.services.money import costs
from voicestudio.services.voices import bookkeeping


class Command(BaseCommand):
    """List every voice with its current state."""

    help = "Lists all voices: ID, speaker, state, when it was kept or when it expires, cost."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the filter and the output option."""
        parser.add_argument("--state", choices=SCRIPT_STATES, help="only voices in this state")
        parser.add_argument("--json", action="store_true", help="print a list of JSON objects")

    def handle(self, **options: Any) -> None:
        """Print the voices, newest first."""
        bookkeeping.settle_lapsed()
        voices = Voice.objects.select_related("speaker").defer("search_text", "notes")
        if state := options["state"]:
            matching = voices.in_state(state)
            if state == VoiceState.KEPT:
                matching |= voices.in_state(VoiceState.FROM_MINIMAX)
            voices = matching
        spent = costs.sum_voices()
        rows = [
            voice_json(voice, spent.get(voice.pk, costs.ZERO)) for voice in voices.order_by("-pk")
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            date = row["kept_at"] or row["expires_at"] or ""
            line = (row["voice_id"], row["speaker"], row["state"], date, row["cost"])
            self.stdout.write("\t".join(line))
