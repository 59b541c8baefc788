"""A clock that was a day ahead: nothing waits for its times once it has been set right."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tests.factories import make_attempt
from voicestudio.models import AttemptState, CallKind, CloneAttempt, RateLimit, Worker
from voicestudio.services import worker
from voicestudio.services.paid_calls import rate_limit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
DAY = timedelta(days=1)


def test_slots_of_tomorrow_delay_a_call_by_one_window_at_most(person: User) -> None:
    tomorrow = timezone.now() + DAY
    RateLimit.objects.create(
        kind=CallKind.CLONE, provider="practice",
        used_slots=[tomorrow.timestamp()] * 100, reserved_slots=[tomorrow.timestamp()] * 3,
        paused_at=tomorrow, paused_until=tomorrow, consecutive_429s=3,
    )  # fmt: skip
    attempt = make_attempt(AttemptState.WAITING, by=person)

    with transaction.atomic():
        slot = rate_limit.reserve_slot(attempt)

    assert slot.at < timezone.now() + timedelta(minutes=2)


def test_call_put_off_until_tomorrow_is_handed_out_now(person: User) -> None:
    tomorrow = timezone.now() + DAY
    attempt = make_attempt(
        AttemptState.WAITING, by=person, retry_at=tomorrow, slot_at=tomorrow, enqueued_at=tomorrow
    )

    assert worker.requeue_lost_calls(at_once=True) == 1
    assert CloneAttempt.objects.claimable().get() == attempt


def test_call_that_waits_for_its_slot_keeps_it(person: User) -> None:
    later = timezone.now() + timedelta(minutes=9)
    attempt = make_attempt(AttemptState.WAITING, by=person, retry_at=later, slot_at=later)

    worker.requeue_lost_calls(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.retry_at, attempt.slot_at) == (later, later)


def test_lease_and_heartbeat_of_tomorrow_end_within_seconds(person: User) -> None:
    tomorrow = timezone.now() + DAY
    attempt = make_attempt(AttemptState.SENDING, by=person, lease_until=tomorrow)
    Worker.objects.create(host="h", pid=1, started_at=tomorrow, beat_at=tomorrow)

    worker.requeue_lost_calls(at_once=True)

    attempt.refresh_from_db()
    assert attempt.lease_until is not None
    assert attempt.lease_until < timezone.now() + timedelta(minutes=2)
    assert Worker.objects.get().beat_at <= timezone.now()


def test_rehearsed_slow_down_delays_no_later_call(person: User) -> None:
    for _ in range(4):
        attempt = make_attempt(AttemptState.WAITING, by=person, rehearsal="slow_down")
        RateLimit.objects.update(paused_until=None)
        with transaction.atomic():
            assert rate_limit.reserve_slot(attempt).granted
        rate_limit.slow_down(attempt, code=1002, retry_after=None)

    limit = RateLimit.objects.get()
    assert (limit.consecutive_429s, limit.learned_limit) == (0, None)
    assert limit.paused_until is not None
    assert limit.paused_until < timezone.now() + timedelta(seconds=3)
