"""Rates: all workers together keep to the limit; what waits knows until when, in order."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_attempt
from voicestudio.models import AttemptState, CloneAttempt, RateLimit
from voicestudio.models import clock as shared_clock
from voicestudio.practice import provider
from voicestudio.practice.server import StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import rate_limit

pytestmark = pytest.mark.usefixtures("data_dir")


class Clock:
    """A clock that a machine's speed does not change: each look at it takes a millisecond."""

    def __init__(self) -> None:
        self._now = timezone.now()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            self._now += timedelta(milliseconds=1)
            return self._now

    def monotonic(self) -> float:
        return self.now().timestamp()

    def move_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = max(self._now, moment)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One clock for the studio and for the stand-in's limit."""
    clock = Clock()
    monkeypatch.setattr(shared_clock, "now", clock.now)
    monkeypatch.setattr(provider, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def _asks(attempt: CloneAttempt) -> rate_limit.Slot:
    with transaction.atomic():
        turn = rate_limit.reserve_slot(attempt)
        CloneAttempt.objects.filter(pk=attempt.pk).update(slot_at=turn.at)
        attempt.slot_at = turn.at
    return turn


@pytest.mark.django_db
def test_slots_are_granted_in_order_within_the_limit(settings: Settings, person: User) -> None:
    settings.CLONE_RPM = 3
    waiting = [make_attempt(AttemptState.WAITING, by=person) for _ in range(8)]

    turns = [_asks(attempt) for attempt in waiting]

    assert [turn.granted for turn in turns] == [True] * 3 + [False] * 5
    moments = [turn.at for turn in turns]
    assert moments == sorted(moments)
    window = timedelta(seconds=settings.RATE_WINDOW_SECONDS)
    gaps = [later - earlier for earlier, later in zip(moments, moments[3:], strict=False)]
    assert min(gaps) > window


@pytest.mark.django_db
def test_reserved_slot_is_not_given_to_another_call(settings: Settings, person: User) -> None:
    settings.CLONE_RPM = 1
    first, second, third = (make_attempt(AttemptState.WAITING, by=person) for _ in range(3))
    _asks(first)
    promised = _asks(second)

    assert _asks(second) == promised
    assert _asks(third).at > promised.at


@pytest.mark.django_db
def test_slow_down_pauses_all_calls_longer_each_time(settings: Settings, person: User) -> None:
    settings.CLONE_RPM = 100
    pauses = []
    for _turn in range(4):
        refused = make_attempt(AttemptState.WAITING, by=person)
        RateLimit.objects.update(paused_until=None)
        RateLimit.objects.update(used_slots=[], reserved_slots=[])
        assert _asks(refused).granted
        rate_limit.slow_down(refused, code=1041, retry_after=None)
        pauses.append((RateLimit.objects.get().paused_until, timezone.now()))
        other = _asks(make_attempt(AttemptState.WAITING, by=person))
        assert not other.granted
        assert other.at >= RateLimit.objects.get().paused_until  # type: ignore[operator]

    lengths = [(until - now).total_seconds() for until, now in pauses if until is not None]
    assert lengths == sorted(lengths)
    assert lengths[-1] > 3 * lengths[0]


@pytest.mark.django_db
def test_slow_down_postpones_reserved_slots(settings: Settings, person: User) -> None:
    settings.CLONE_RPM = 2
    used_slots, refused, *later = (make_attempt(AttemptState.WAITING, by=person) for _ in range(6))
    for attempt in (used_slots, refused, *later):
        _asks(attempt)
    before = [attempt.slot_at for attempt in later]

    rate_limit.slow_down(refused, code=1041, retry_after=300)

    after = [CloneAttempt.objects.get(pk=attempt.pk).slot_at for attempt in later]
    moved = {late - early for early, late in zip(before, after, strict=True) if early and late}
    assert len(moved) == 1
    assert moved.pop() > timedelta(seconds=200)
    hold = RateLimit.objects.get().paused_until
    assert hold is not None
    assert after[0] is not None
    assert abs((after[0] - hold).total_seconds()) < 0.01


@pytest.mark.django_db
def test_calls_move_forward_as_the_learned_limit_grows(
    settings: Settings, person: User, clock: Clock
) -> None:
    settings.CLONE_RPM = 10
    first, refused, *waiting = (make_attempt(AttemptState.WAITING, by=person) for _ in range(32))
    assert _asks(first).granted
    assert _asks(refused).granted
    rate_limit.slow_down(refused, code=1002, retry_after=None)
    for attempt in waiting:
        _asks(attempt)
    end = clock.now() + timedelta(minutes=12)
    sent: list[CloneAttempt] = []

    while len(sent) < len(waiting) and clock.now() < end:
        left = CloneAttempt.objects.filter(pk__in=[attempt.pk for attempt in waiting])
        following = left.exclude(pk__in=[attempt.pk for attempt in sent]).earliest("slot_at", "pk")
        assert following.slot_at is not None
        clock.move_to(following.slot_at)
        if _asks(following).granted:
            rate_limit.record_success(following)
            sent.append(following)

    assert set(sent) == set(waiting)


@pytest.mark.django_db
def test_refusal_after_one_call_teaches_no_less_than_a_tenth(
    settings: Settings, person: User
) -> None:
    settings.CLONE_RPM = 60
    accepted, refused = (make_attempt(AttemptState.WAITING, by=person) for _ in range(2))
    assert _asks(accepted).granted
    assert _asks(refused).granted

    rate_limit.slow_down(refused, code=1002, retry_after=None)

    assert RateLimit.objects.get().learned_limit == 6


@pytest.mark.django_db
def test_burst_of_slow_downs_counts_once(settings: Settings, person: User) -> None:
    burst = [make_attempt(AttemptState.WAITING, by=person) for _ in range(5)]
    for attempt in burst:
        _asks(attempt)

    for attempt in burst:
        rate_limit.slow_down(attempt, code=1002, retry_after=None)

    assert RateLimit.objects.get().consecutive_429s == 1


@pytest.mark.django_db
def test_waiting_for_slot_is_no_try_and_has_a_time(
    settings: Settings, order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    settings.CLONE_RPM = 1
    for number in range(2):
        wanted = order(
            token=uuid4(), voice_id=f"Anna-{number}-7k2p", preview_text="", is_new_speaker=True
        )
        clones.run_clone.call(clones.submit(wanted, by=person).pk)

    second = CloneAttempt.objects.order_by("-pk")[0]
    assert (second.state, second.trouble, second.attempts_made) == (
        AttemptState.WAITING,
        "in_line",
        0,
    )
    assert second.retry_at is not None
    assert second.retry_at > timezone.now() + timedelta(seconds=50)
    assert clones.message_for(second) is not None
    assert len(standin.calls_of("voice_clone")) == 1


@pytest.mark.django_db(transaction=True)
def test_sixty_concurrent_attempts_finish_with_one_refusal_at_most(
    settings: Settings, order: Callable[..., Order], person: User, standin: StandIn, clock: Clock
) -> None:
    """The provider allows 20 in a minute and we think that it is 60."""
    settings.CLONE_RPM = 60
    standin.provider.clone_rpm = 20
    wanted = [
        clones.submit(
            order(
                token=uuid4(), voice_id=f"Anna-{number}-7k2p", preview_text="", is_new_speaker=True
            ),
            by=person,
        ).pk
        for number in range(60)
    ]
    rows = CloneAttempt.objects.filter(pk__in=wanted)
    end = time.monotonic() + 300
    running = set[int]()
    lock = threading.Lock()

    def next_due() -> int | None:
        """What is due and runs in no other thread; the clock moves on only while nothing runs."""
        with lock:
            free = rows.exclude(pk__in=running).order_by("retry_at", "pk")
            due = free.claimable().first()
            if due is not None:
                running.add(due.pk)
                return due.pk
            waiting = free.filter(status=AttemptState.WAITING).first()
            if not running and waiting is not None and waiting.retry_at is not None:
                clock.move_to(waiting.retry_at)
        return None

    def work() -> None:
        try:
            while rows.exclude(status=AttemptState.READY).exists() and time.monotonic() < end:
                pk = next_due()
                if pk is None:
                    time.sleep(0.01)
                    continue
                try:
                    clones.run_clone.call(pk)
                finally:
                    with lock:
                        running.discard(pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(310)

    assert {row.state for row in rows.all()} == {AttemptState.READY}
    assert len(standin.voices) == 60
    refusals = [
        sum(call["call"] == "voice_clone" and call["status_code"] == 1002 for call in row.calls)
        for row in rows.all()
    ]
    assert max(refusals) == 1
