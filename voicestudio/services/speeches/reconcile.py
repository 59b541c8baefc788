"""Settling: a speech whose answer was lost is decided by a person, since nothing else can."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from voicestudio.models import Event, EventKind, Speech, SpeechState
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def settle(speech: Speech, *, worked: bool, note: str, by: "User") -> bool:
    """Say that an unknown speech was spoken, or was not; False if it is not unknown any more.

    Spoken, it is paid for and the voice is kept, but there is nothing to be heard.
    """
    bookkeeping.settle_lapsed()
    now = timezone.now()
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
        fresh = Speech.objects.select_related("voice").get(pk=speech.pk)
        if worked:
            bookkeeping.record_use(fresh, fresh.sent_at or now)
        else:
            bookkeeping.cancel_charge(fresh)
        Event.objects.create(
            kind=EventKind.SETTLED,
            at=now,
            person=by,
            voice=fresh.voice,
            speech=fresh,
            note=note.strip(),
            facts={"worked": worked},
        )
    return True
