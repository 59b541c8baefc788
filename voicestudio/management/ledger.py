"""Ledger: voices and speeches as scripts read them, for the commands that deal with them."""

import json
import time
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from voicestudio.models import Speech, Voice, VoiceState, Worker
from voicestudio.services import speeches
from voicestudio.services.money import costs

LOOK_EVERY: Final = 0.2
# Exit codes besides 0, "done", and 1, "not done".
UNDER_WAY: Final = 3


def states_for_scripts() -> list[str]:
    """temporary kept expired deleted unknown; what was taken in from MiniMax is kept there."""
    return [state.value for state in VoiceState if state is not VoiceState.FROM_MINIMAX]


def told(voice: Voice, cost: object) -> dict[str, Any]:
    """One voice; times are ISO 8601 in UTC, the cost is a decimal as text."""
    state = voice.state
    expires = voice.expires_at if state is not VoiceState.DELETED else None
    return {
        "voice_id": voice.voice_id,
        "speaker": voice.speaker.name,
        "state": str(VoiceState.KEPT if state is VoiceState.FROM_MINIMAX else state),
        "expires_at": expires.isoformat() if expires else None,
        "kept_at": voice.kept_at.isoformat() if voice.kept_at else None,
        "cost": f"{cost:f}",
    }


def voice_called(voice_id: str) -> Voice:
    """The voice that has this ID at the provider that is set; the living one before tombstones.

    Raises CommandError if there is none.
    """
    rows = Voice.objects.filter(provider=settings.MINIMAX_PROVIDER, voice_id=voice_id)
    found = rows.living().first() or rows.order_by("-pk").first()
    if found is None:
        raise CommandError(f"There is no voice called {voice_id}.")
    return found


def finished(speech: Speech, seconds: float) -> Speech:
    """The speech once it is over; without a worker, this process does the work itself."""
    end = time.monotonic() + seconds
    while speech.is_running and time.monotonic() < end:
        if not Worker.objects.alive().exists():
            speeches.run(speech.pk)
        speech = Speech.objects.select_related("voice__speaker").get(pk=speech.pk)
        if speech.is_running:
            time.sleep(LOOK_EVERY)
    return speech


def told_of_speech(speech: Speech) -> dict[str, Any]:
    """One speech for scripts."""
    message = speeches.message(speech)
    voice = Voice.objects.select_related("speaker").get(pk=speech.voice_id)
    return {
        "id": speech.pk,
        "status": speech.state.value,
        **told(voice, costs.of_voices([voice.pk])[voice.pk]),
        "status_code": speech.status_code,
        "trace_id": speech.trace_id or None,
        "message": f"{message.headline} {message.next_step}"
        if message
        else str(speech.state.label),
    }


def show(command: BaseCommand, found: dict[str, Any], *, as_json: bool) -> None:
    """Print one object, or its lines for people."""
    if as_json:
        command.stdout.write(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if value not in (None, ""):
            command.stdout.write(f"{name.replace('_', ' ')}: {value}")


def refused(voice_id: str, message: str) -> dict[str, Any]:
    """What is printed where nothing was asked of the provider."""
    return {"status": "refused", "voice_id": voice_id, "message": message}
