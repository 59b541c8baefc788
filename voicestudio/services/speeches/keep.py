"""Keeping: one short sentence, really spoken, and the provider keeps the voice for good."""

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from voicestudio.models import Event, EventKind, Speech, SpeechPurpose, Voice, VoiceState
from voicestudio.services import speeches
from voicestudio.services.money.prices import SpeechPrice

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What the voice says to be kept. Not for translation: the model speaks it in any language.
SENTENCE: Final = "Thank you. I am staying."


def keep_price(voice: Voice) -> SpeechPrice:
    """What keeping this voice costs: the fee, and a sentence."""
    return speeches.price(voice, SENTENCE, model_for(voice))


def keep_voice(voice: Voice, *, by: "User", token: UUID | None = None) -> Speech:
    """Let the voice speak one sentence, in the worker; once that has gone well it is kept.

    Pressed twice, it is done once. Raises `speeches.VoiceSilent` if the voice is kept already, has
    expired or is not known, and `speeches.SpeechTooDear`.
    """
    order = speeches.SpeechOrder(
        token=token or uuid4(),
        voice=voice,
        text=SENTENCE,
        model=model_for(voice),
        purpose=SpeechPurpose.KEEP,
    )
    return speeches.ask(order, by=by)


def dismiss_reminder(voice: Voice, *, by: "User") -> bool:
    """Nobody wants to keep it: no more reminders. It can be kept all the same until it expires."""
    with transaction.atomic():
        rows = Voice.objects.in_state(VoiceState.TEMPORARY).filter(pk=voice.pk)
        changed = rows.filter(reminder_dismissed_at__isnull=True).update(
            reminder_dismissed_at=timezone.now()
        )
        if changed:
            Event.objects.create(kind=EventKind.REMINDER_DISMISSED, voice=voice, person=by)
    return bool(changed)


def model_for(voice: Voice) -> str:
    """The model with which its demo was spoken, if there was one that is still offered."""
    attempt = getattr(voice, "attempt", None)
    if attempt is not None and attempt.model in settings.MINIMAX_MODELS:
        return str(attempt.model)
    return str(settings.MINIMAX_MODELS[0])
