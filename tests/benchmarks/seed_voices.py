"""A database of voices in every state, as a team would have them after some years."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Value
from django.utils import timezone

from tests.benchmarks import seed_attempts
from voicestudio.models import Charge, Source, Tag, Voice, month_of
from voicestudio.models.search import fold_text
from voicestudio.models.voice_states import UNUSED_LIFETIME

# What the benchmark searches for: RARE is in five voices, FREQUENT in every one.
RARE_NOTE: Final = "quokka"
FREQUENT_NOTE: Final = "interview"
RARE_TAG: Final = "seldom"
FREQUENT_TAG: Final = "audiobook"
PRICE: Final = Decimal("0.0001")
UNITS: Final = 90


def seed(count: int) -> None:
    """Fill an empty, migrated database with `count` attempts and their voices.

    A twentieth was created in the last week: a third of those is kept, a few are uncertain. Of the
    others two thirds are kept and every twentieth is deleted.
    """
    seed_attempts.seed(count)
    numbers = list(Voice.objects.order_by("pk").values_list("pk", flat=True))
    # At least 600, so that a page of every state is full at 1,000 voices as well.
    new = numbers[-max(len(numbers) // 20, 600) :]
    old = Voice.objects.filter(pk__lt=new[0])
    used = ExpressionWrapper(F("created_at") + Value(timedelta(hours=9)), DurationField())
    with transaction.atomic():
        old.annotate(rest=F("pk") % 3).exclude(rest=0).update(kept_at=used, last_used_at=used)
        _make_new(new)
        every = Voice.objects.annotate(half=F("pk") % 2, twentieth=F("pk") % 20)
        every.filter(half=0, created_at__lt=timezone.now() - UNUSED_LIFETIME).update(heard_at=used)
        every.filter(twentieth=1, pk__lt=new[0]).update(deleted_at=timezone.now())
        _describe(numbers)
        seed_attempts.insert_rows(Charge, _charges())
    with connection.cursor() as cursor:
        # The planner's statistics must be those of these rows.
        cursor.execute("ANALYZE")


def _make_new(numbers: list[int]) -> None:
    """Spread over the last 168 hours, so that some of them expire every hour."""
    now = timezone.now()
    for place, pk in enumerate(numbers):
        created_at = now - UNUSED_LIFETIME * (1 - (place + 1) / (len(numbers) + 1))
        facts: dict[str, Any] = {"created_at": created_at}
        if place % 3 == 0:
            facts |= {"kept_at": created_at + timedelta(minutes=5), "last_used_at": now}
        if place % 15 == 0:
            facts |= {"source": Source.IMPORTED}
        if place % 21 == 1:
            facts |= {"uncertain": True}
        Voice.objects.filter(pk=pk).update(**facts)


def _describe(numbers: list[int]) -> None:
    """Set notes, tags and the search text."""
    tags = {name: Tag.objects.create(name=name) for name in (RARE_TAG, FREQUENT_TAG)}
    rare = set(numbers[:: max(1, len(numbers) // 5)][:5])
    voices = Voice.objects.select_related("speaker").only("voice_id", "speaker__name")
    for voice in voices:
        voice.notes = f"From the {FREQUENT_NOTE} of spring."
        if voice.pk in rare:
            voice.notes += f" With the {RARE_NOTE}."
        voice.search_text = fold_text(f"{voice.voice_id} {voice.speaker.name} {voice.notes}")
    Voice.objects.bulk_update(voices, ["notes", "search_text"], batch_size=2_000)
    link = Voice.tags.through
    link._default_manager.bulk_create(
        [
            link(voice_id=pk, tag_id=tags[name].pk)
            for pk in numbers
            for name in (RARE_TAG, FREQUENT_TAG)
            if (name == RARE_TAG and pk in rare) or (name == FREQUENT_TAG and pk % 2)
        ],
        batch_size=5_000,
    )


def _charges() -> Iterator[dict[str, Any]]:
    """A charge for the preview of every voice."""
    person = User.objects.order_by("pk")[0].pk
    # All read before the first row is written: COPY occupies the connection until its end.
    voices = list(Voice.objects.defer("notes", "search_text"))
    return (_charge(voice, person) for voice in voices)


def _charge(voice: Voice, person: int) -> dict[str, Any]:
    return {
        "id": voice.pk, "project": voice.project_id, "kind": "preview", "units": UNITS,
        "unit_price": PRICE,
        "amount": UNITS * PRICE, "currency": "$", "provider": voice.provider,
        "attempt": voice.pk, "voice": voice.pk, "voice_name": voice.voice_id,
        "speaker": voice.speaker_id, "model": "speech-2.8-hd", "person": person,
        "at": voice.created_at, "month": month_of(voice.created_at),
    }  # fmt: skip
