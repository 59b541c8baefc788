"""Keep: one short sentence of real speech, and MiniMax does not delete the voice."""

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from voicestudio.models import Action, Speech, SpeechPurpose, Verb, Voice, VoiceState, clock
from voicestudio.services.audit import record
from voicestudio.services.money import prices
from voicestudio.services.money.prices import SpeechPrice
from voicestudio.services.permissions import require

from .orders import SpeechOrder
from .submission import submit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Spoken to keep a voice. Not translated: the model speaks it in any language.
SENTENCE: Final = "Thank you. I am staying."
# A speech that is under way is among so many, the newest ones.
RECENT: Final = 20


def estimate_keep(voice: Voice) -> SpeechPrice:
    """What keeping this voice costs: the clone fee and one sentence."""
    return prices.estimate_speech(SENTENCE, model_for(voice), voice)


def keep_voice(voice: Voice, *, by: "User", token: UUID | None = None) -> Speech:
    """Generate one sentence with the voice, after which MiniMax keeps it.

    Pressed twice, it is done once. Raises `VoiceUnavailable` if the voice is kept already, has
    expired or is missing, and `OverLimit`.
    """
    require(by, Action.KEEP, voice.project_id)
    order = SpeechOrder(
        token=token or uuid4(),
        voice=voice,
        text=SENTENCE,
        model=model_for(voice),
        purpose=SpeechPurpose.KEEP,
    )
    return submit(order, by=by)


def is_speaking(voice: Voice) -> bool:
    """Whether a speech of this voice is under way, which keeps it."""
    newest = voice.speeches.order_by("-pk")[:RECENT]
    return any(speech.is_running and not speech.is_ready for speech in newest)


def dismiss_reminder(voice: Voice, *, by: "User") -> bool:
    """Send no more reminders of this voice; it can still be kept until it expires."""
    require(by, Action.NOTE, voice.project_id)
    with transaction.atomic():
        rows = Voice.objects.in_state(VoiceState.TEMPORARY).filter(pk=voice.pk)
        changed = rows.filter(reminder_dismissed_at__isnull=True).update(
            reminder_dismissed_at=clock.now()
        )
        if changed:
            record(Verb.REMINDER_DISMISSED, by=by, on=voice)
    return bool(changed)


def model_for(voice: Voice) -> str:
    """The model of its preview if the studio still offers it, else the default one."""
    attempt = getattr(voice, "attempt", None)
    if attempt is not None and attempt.model in settings.MINIMAX_MODELS:
        return str(attempt.model)
    return str(settings.MINIMAX_MODELS[0])
