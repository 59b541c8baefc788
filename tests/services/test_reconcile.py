"""Reconcile: the outcome of an attempt whose answer was lost."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from voicestudio.models import (
    AttemptState,
    Charge,
    CloneAttempt,
    Event,
    EventKind,
    Voice,
    VoiceState,
    clock,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order, reconcile
from voicestudio.services.voices import bookkeeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_waiting")]

LOST = Fault(action="drop")
LOST_AFTER = Fault(action="drop", after="work")
Lost = Callable[[Fault], CloneAttempt]


@pytest.fixture
def lost(order: Callable[..., Order], person: User, standin: StandIn) -> Lost:
    """An attempt whose answer was lost in that way."""

    def run(fault: Fault) -> CloneAttempt:
        standin.script("voice_clone", fault)
        attempt = clones.submit(order(), by=person)
        clones.run_clone.call(attempt.pk)
        return _row(attempt)

    return run


def _row(attempt: CloneAttempt) -> CloneAttempt:
    return CloneAttempt.objects.get(pk=attempt.pk)


def _certain() -> list[bool]:
    return list(Charge.objects.counted().values_list("certain", flat=True))


def test_lost_answer_creates_uncertain_voice_dated_when_sent(lost: Lost) -> None:
    attempt = lost(LOST_AFTER)

    voice = Voice.objects.get()
    assert (attempt.state, attempt.cloned_voice) == (AttemptState.UNKNOWN, voice)
    assert (voice.state, voice.created_at) == (VoiceState.UNKNOWN, attempt.sent_at)
    assert _certain() == [False]


def test_check_finds_that_the_first_request_succeeded(
    lost: Lost, person: User, standin: StandIn
) -> None:
    attempt = lost(LOST_AFTER)

    assert reconcile.request_check(attempt, by=person)
    assert _row(attempt).is_being_reconciled
    reconcile.check_with_provider.call(attempt.pk)

    attempt = _row(attempt)
    voice = Voice.objects.get()
    first, second = standin.calls_of("voice_clone")
    assert first.json == second.json == attempt.sent
    assert (attempt.state, attempt.cloned_voice) == (AttemptState.READY, voice)
    assert (voice.state, voice.preview_lost) == (VoiceState.TEMPORARY, True)
    assert voice.created_at == attempt.sent_at
    assert attempt.audio_problem == "lost"
    assert _certain() == [True]
    assert [event.kind for event in Event.objects.all()] == [EventKind.CHECKED]


def test_check_finds_that_the_first_request_failed(
    lost: Lost, person: User, standin: StandIn
) -> None:
    attempt = lost(LOST)

    reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)

    attempt = _row(attempt)
    voice = Voice.objects.get()
    assert (attempt.state, voice.state) == (AttemptState.READY, VoiceState.TEMPORARY)
    assert attempt.sent_at is not None
    assert voice.created_at > attempt.sent_at
    assert (voice.preview_lost, attempt.audio_problem, _certain()) == (False, "", [True])
    assert len(standin.bill) == 1


@pytest.mark.parametrize(
    "fault", [LOST, LOST_AFTER, Fault(status_code=1013), Fault(status_code=1008)]
)
def test_unclear_check_leaves_outcome_unknown(
    fault: Fault, lost: Lost, person: User, standin: StandIn
) -> None:
    attempt = lost(LOST)
    standin.script("voice_clone", fault)

    reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)

    attempt = _row(attempt)
    assert (attempt.state, attempt.is_being_reconciled) == (AttemptState.UNKNOWN, False)
    assert Voice.objects.get().state == VoiceState.UNKNOWN
    reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)
    assert _row(attempt).state == AttemptState.READY
    assert Voice.objects.get().created_at == (
        attempt.sent_at if fault is LOST_AFTER else Voice.objects.get().created_at
    )


def test_another_account_is_never_asked(
    lost: Lost, person: User, standin: StandIn, settings: Settings
) -> None:
    attempt = lost(LOST)
    asked = reconcile.request_check(attempt, by=person)
    settings.MINIMAX_PROVIDER = "api.example.com"

    reconcile.check_with_provider.call(attempt.pk)
    CloneAttempt.objects.update(lease_until=None)

    assert (asked, reconcile.request_check(attempt, by=person)) == (True, False)
    assert (len(standin.calls_of("voice_clone")), _row(attempt).state) == (1, AttemptState.UNKNOWN)


@pytest.mark.parametrize("age_hours", [167, 169])
def test_unclear_check_dates_an_expired_voice_anew(
    age_hours: int, lost: Lost, person: User, standin: StandIn
) -> None:
    attempt = lost(LOST)
    first_sent = timezone.now() - timedelta(hours=age_hours)
    Voice.objects.update(created_at=first_sent)
    standin.script("voice_clone", Fault(status_code=1013, after="work"))

    reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)

    voice = Voice.objects.get()
    assert voice.state == VoiceState.UNKNOWN
    # While the first voice may still exist, the earlier date is kept.
    assert (voice.created_at == first_sent) is (age_hours < 168)


def test_check_requested_twice_is_sent_once(lost: Lost, person: User, standin: StandIn) -> None:
    attempt = lost(LOST_AFTER)

    assert reconcile.request_check(attempt, by=person)
    assert not reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)
    reconcile.check_with_provider.call(attempt.pk)

    assert len(standin.calls_of("voice_clone")) == 2
    assert not reconcile.request_check(attempt, by=person)


def test_check_is_sent_in_its_reserved_slot(
    lost: Lost, person: User, standin: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLONE_RPM, settings.RATE_WINDOW_SECONDS = 1, 60.0
    attempt = lost(LOST_AFTER)
    reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)
    slot = _row(attempt).retry_at
    assert slot is not None
    assert len(standin.calls_of("voice_clone")) == 1

    monkeypatch.setattr(clock, "now", lambda: slot + timedelta(seconds=1))
    reconcile.check_with_provider.call(attempt.pk)

    assert len(standin.calls_of("voice_clone")) == 2
    assert _row(attempt).state == AttemptState.READY


def test_unrequested_check_sends_nothing(lost: Lost, standin: StandIn) -> None:
    attempt = lost(LOST_AFTER)

    clones.run_clone.call(attempt.pk)
    bookkeeping.settle_lapsed()

    assert (_row(attempt).state, len(standin.calls_of("voice_clone"))) == (AttemptState.UNKNOWN, 1)


@pytest.mark.parametrize("worked", [True, False])
def test_settle_by_hand_records_note(worked: bool, lost: Lost, person: User) -> None:
    attempt = lost(LOST_AFTER)

    assert reconcile.settle_by_hand(attempt, worked=worked, note=" seen in the bill ", by=person)

    row = _row(attempt)
    assert row.state == (AttemptState.READY if worked else AttemptState.FAILED)
    assert [voice.state for voice in Voice.objects.all()] == (
        [VoiceState.TEMPORARY] if worked else []
    )
    assert _certain() == ([True] if worked else [])
    event = Event.objects.get(kind=EventKind.SETTLED)
    assert (event.note, event.facts, event.person) == (
        "seen in the bill", {"worked": worked}, person,
    )  # fmt: skip
    assert clones.message_for(row) is None if worked else clones.message_for(row) is not None
    assert not reconcile.settle_by_hand(attempt, worked=not worked, note="", by=person)


def test_dead_worker_leaves_uncertain_voice(
    order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    attempt = clones.submit(order(), by=person)
    past = timezone.now() - timedelta(seconds=1)
    CloneAttempt.objects.filter(pk=attempt.pk).update(
        status=AttemptState.CLONING,
        sent={"voice_id": attempt.voice_id},
        sent_at=past,
        lease_until=past,
    )

    assert bookkeeping.settle_lapsed() == 1

    voice = Voice.objects.get()
    assert (_row(attempt).state, voice.created_at) == (AttemptState.UNKNOWN, past)
    assert Charge.objects.get().amount == Decimal("0.0045")
    assert bookkeeping.settle_lapsed() == 0
