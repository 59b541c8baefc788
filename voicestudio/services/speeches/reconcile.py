"""Reconcile: only a person can tell the outcome of a speech whose answer was lost."""

from typing import TYPE_CHECKING

from django.db import transaction

from voicestudio.models import Action, Speech, SpeechState, Verb, clock
from voicestudio.services.audit import record
from voicestudio.services.permissions import require
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def settle_by_hand(speech: Speech, *, worked: bool, note: str, by: "User") -> bool:
    """Record whether an unknown speech was generated; False if it is not unknown any more.

    If it was, it is charged and the voice is kept, but there is no audio.
    """
    require(by, Action.SETTLE, speech.project_id)
    bookkeeping.settle_lapsed()
    now = clock.now()
    with transaction.atomic():
        rows = Speech.objects.filter(pk=speech.pk, status=SpeechState.UNKNOWN)
        changed = rows.update(
            status=SpeechState.READY if worked else SpeechState.FAILED,
            trouble="" if worked else Trouble.BY_HAND,
            audio_trouble="lost" if worked else "",
            finished_at=now,
            claim=None,
            lease_until=None,
        )
        if not changed:
            return False
        settled = Speech.objects.select_related("voice").get(pk=speech.pk)
        if worked:
            bookkeeping.record_use(settled, settled.sent_at or now)
        else:
            bookkeeping.cancel_charge(settled)
        record(Verb.SPEECH_SETTLED, by=by, on=settled, at=now, note=note.strip(), worked=worked)
    return True
