"""Bookkeeping: the voices and charges that follow from a paid call.

Every function runs in the transaction of the caller, which writes the state of the call as well.
"""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from voicestudio.minimax import CloneAnswer, SpeechAnswer
from voicestudio.models import (
    CallStatus,
    CloneAttempt,
    PaidCall,
    Speaker,
    Speech,
    SpeechState,
    Verb,
    Voice,
    Way,
    clock,
)
from voicestudio.models.search import fold_text
from voicestudio.models.voice_states import UNUSED_LIFETIME
from voicestudio.models.voices import SEARCHED
from voicestudio.services.audit import Origin, acting_from, record, record_call
from voicestudio.services.money import charges

# The provider does not know the voice, or it belongs to another account.
# Source: provider.md, "Codes".
MISSING_CODES: Final = frozenset({2054, 2042})


# Clones -----------------------------------------------------------------------------------------


def record_clone(attempt: CloneAttempt, answer: CloneAnswer, columns: dict[str, Any]) -> bool:
    """Record a cloned voice with its charge and the columns of the answer.

    False if another worker holds the attempt; the caller then rolls back.
    """
    _read_speaker(attempt)
    voice = confirm_voice(attempt, columns["answered_at"])
    recorded = attempt.advance(cloned_voice=voice, **columns)
    if recorded:
        charges.charge_attempt(attempt, certain=True, units=answer.usage_characters)
    return recorded


def confirm_voice(attempt: CloneAttempt, created_at: datetime) -> Voice:
    """Return the voice that this attempt has certainly made; adds it if it was not recorded yet."""
    voice = _find_voice(attempt)
    if voice is not None:
        voice.uncertain, voice.created_at = False, created_at
        voice.save(update_fields=["uncertain", "created_at"])
        return voice
    # The provider has just made a voice of this ID, so an older one no longer exists there.
    Voice.objects.living().filter(provider=attempt.provider, voice_id=attempt.voice_id).update(
        deleted_at=created_at
    )
    return _create(attempt, created_at)


def record_uncertain_voice(attempt: CloneAttempt) -> None:
    """Record a voice that may exist, from when the request was sent, and its uncertain charge."""
    _read_speaker(attempt)
    living = Voice.objects.living().filter(provider=attempt.provider, voice_id=attempt.voice_id)
    if _find_voice(attempt) is None and not living.exists():
        voice = _create(attempt, _last_sent(attempt), uncertain=True)
        CloneAttempt.objects.filter(pk=attempt.pk).update(cloned_voice=voice)
        attempt.cloned_voice = voice
    charges.charge_attempt(attempt, certain=False)


def renew_uncertain_voice(attempt: CloneAttempt) -> None:
    """Date the voice anew after a repeated request whose answer is unclear as well.

    Only if the voice of the first request has expired: while it may still exist, the earlier date
    is kept, so that the expiry is not shown too late.
    """
    sent_at = _last_sent(attempt)
    expired = Voice.objects.filter(attempt=attempt.pk, created_at__lte=sent_at - UNUSED_LIFETIME)
    expired.filter(uncertain=True).update(created_at=sent_at)


def confirm_late(attempt: CloneAttempt) -> Voice:
    """Record that the voice was made although the answer was lost, and the preview with it."""
    _read_speaker(attempt)
    known = _find_voice(attempt)
    voice = confirm_voice(attempt, known.created_at if known else _last_sent(attempt))
    voice.preview_lost = bool(attempt.preview_text)
    voice.save(update_fields=["preview_lost"])
    attempt.cloned_voice = voice
    charges.charge_attempt(attempt, certain=True)
    return voice


def discard_voice(attempt: CloneAttempt) -> None:
    """Remove the voice and the charge of an attempt that has made no voice."""
    voice = _find_voice(attempt)
    if voice is not None and voice.uncertain:
        CloneAttempt.objects.filter(pk=attempt.pk).update(cloned_voice=None)
        attempt.cloned_voice = None
        voice.delete()
    charges.cancel_attempt(attempt)


def _read_speaker(attempt: CloneAttempt) -> None:
    """Lock the attempt and read its speaker, who may have been merged, renamed or moved since.

    The attempt is locked before its voice, as in `settle_lapsed`: otherwise each of the two could
    wait for the other.
    """
    rows = CloneAttempt.objects.select_for_update().filter(pk=attempt.pk)
    attempt.speaker = Speaker.objects.get(pk=rows.values_list("speaker", flat=True).get())
    attempt.project_id = attempt.speaker.project_id


def _find_voice(attempt: CloneAttempt) -> Voice | None:
    """The voice recorded for this attempt; read anew, since another process may have added it."""
    return Voice.objects.filter(attempt=attempt.pk).first()


def _create(attempt: CloneAttempt, created_at: datetime, *, uncertain: bool = False) -> Voice:
    return Voice.objects.create(
        project_id=attempt.project_id,
        voice_id=attempt.voice_id,
        provider=attempt.provider,
        speaker=attempt.speaker,
        created_at=created_at,
        uncertain=uncertain,
        search_text=voice_search_text(attempt.voice_id, attempt.speaker.name),
    )


def _last_sent(attempt: CloneAttempt) -> datetime:
    """When the request that may have made the voice was sent; the last time if it was repeated."""
    moment = attempt.slot_at or attempt.sent_at
    assert moment is not None
    return moment


# Speeches ---------------------------------------------------------------------------------------


def record_speech(speech: Speech, answer: SpeechAnswer, columns: dict[str, Any]) -> bool:
    """Record a generated speech with its charges and the columns of the answer.

    The voice is kept from now on. False if another worker holds the speech.
    """
    units = answer.usage_characters
    recorded = speech.advance(usage_characters=units, **columns)
    if recorded:
        record_use(speech, columns["answered_at"], units=units)
    return recorded


def record_use(speech: Speech, at: datetime, *, units: int | None = None) -> None:
    """Charge a successful speech, with the clone fee if it is due, and mark the voice as kept."""
    _lock(speech)
    charges.charge_speech(speech, certain=True, units=units)
    charges.charge_clone_fee(speech, certain=True)
    kept = Voice.objects.filter(pk=speech.voice_id, kept_at__isnull=True)
    if kept.update(kept_at=at, reminder_dismissed_at=None, uncertain=False):
        record(Verb.VOICE_KEPT, by=speech.created_by, on=speech, at=at)
    # The voice has just been used, so it is not missing.
    Voice.objects.filter(pk=speech.voice_id).update(
        last_used_at=at, missing_at=None, missing_code=None
    )


def charge_uncertain(speech: Speech) -> None:
    """Charge a speech whose outcome is unknown, and the clone fee with it, as not certain."""
    _lock(speech)
    charges.charge_speech(speech, certain=False)
    charges.charge_clone_fee(speech, certain=False)


def cancel_charge(speech: Speech) -> None:
    """Cancel the charges of a speech that was not carried out.

    The clone fee stays if another speech of this voice has an unknown outcome.
    """
    _lock(speech)
    charges.cancel_speech(speech)
    for other in Speech.objects.filter(voice=speech.voice_id, status=SpeechState.UNKNOWN):
        charges.charge_clone_fee(other, certain=False)


def _lock(speech: Speech) -> None:
    """Lock the voice: of two speeches that end at once the second sees the first's charge."""
    speech.voice = Voice.objects.select_for_update().get(pk=speech.voice_id)


def mark_missing(voice: Voice, code: int) -> None:
    """Record that the provider does not know this voice, or that it belongs to another account."""
    rows = Voice.objects.living().filter(pk=voice.pk, missing_at__isnull=True)
    if rows.update(missing_at=clock.now(), missing_code=code):
        record(Verb.VOICE_MISSING, on=voice, status_code=code)


# Lost workers -------------------------------------------------------------------------------------


def settle_lapsed() -> int:
    """Record what follows for calls that were sent and whose worker has died; how many.

    Their states are true without it, by the clock; this adds voices and charges. It first asks one
    query of indexes that are nearly always empty, so every list of voices or costs can afford it.
    """
    if not PaidCall.any_lapsed():
        return 0
    count = 0
    for kind in PaidCall.kinds():
        rows: Any = kind._default_manager
        for call in rows.lapsed().in_flight().for_worker():
            with transaction.atomic():
                # The claim stays: if a worker is alive after all, its answer is still recorded.
                settled = (
                    rows.filter(pk=call.pk)
                    .lapsed()
                    .in_flight()
                    .update(status=CallStatus.UNKNOWN, finished_at=clock.now(), lease_until=None)
                )
                if settled:
                    record_unknown(call)
                    # The person who reads the list now has not caused it.
                    with acting_from(Origin(Way.WORKER)):
                        record_call(call, "unknown", reason="lost_worker")
                    count += 1
    return count


def record_unknown(call: PaidCall) -> None:
    """Record the voice and the charges that may or may not exist after an unknown outcome."""
    if isinstance(call, CloneAttempt):
        record_uncertain_voice(call)
    elif isinstance(call, Speech):
        charge_uncertain(call)


def voice_search_text(*words: str) -> str:
    """The text to search for a voice in."""
    return fold_text(" ".join(words))[:SEARCHED]
