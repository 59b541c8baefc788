"""`manage.py voices`: the ledger for scripts."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management.ledger import states_for_scripts, told
from voicestudio.models import Voice, VoiceState
from voicestudio.services.money import costs
from voicestudio.services.voices import bookkeeping


class Command(BaseCommand):
    """List every voice with its state at this moment."""

    help = "Lists all voices: ID, speaker, state, when it expires or since when it is kept, cost."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which, and how."""
        parser.add_argument("--state", choices=states_for_scripts(), help="only those")
        parser.add_argument("--json", action="store_true", help="print a list of objects")

    def handle(self, **options: Any) -> None:
        """Print them, the newest first."""
        bookkeeping.settle_lapsed()
        rows = Voice.objects.select_related("speaker").defer("search_text", "notes")
        if options["state"]:
            wanted = rows.in_state(options["state"])
            if options["state"] == VoiceState.KEPT:
                wanted |= rows.in_state(VoiceState.FROM_MINIMAX)
            rows = wanted
        found = list(rows.order_by("-pk"))
        spent = costs.by_voice()
        objects = [told(voice, spent.get(voice.pk, costs.NOTHING)) for voice in found]
        if options["json"]:
            self.stdout.write(json.dumps(objects, ensure_ascii=False))
            return
        for one in objects:
            until = one["kept_at"] or one["expires_at"] or ""
            line = (one["voice_id"], one["speaker"], one["state"], until, one["cost"])
            self.stdout.write("\t".join(line))
