"""Leases: renewed as long as they are held, and over for good once they are let go."""

import threading
import time
from datetime import datetime
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_attempt
from voicestudio.models import CloneAttempt, State
from voicestudio.services import leases

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def attempt(person: User, settings: Settings) -> CloneAttempt:
    """At the provider, in the hands of nobody yet."""
    settings.LEASE_SECONDS = 60.0
    settings.HEARTBEAT_SECONDS = 0.02
    return make_attempt(State.CLONING, by=person)


def _hold(attempt: CloneAttempt, claim: UUID) -> None:
    CloneAttempt.objects.filter(pk=attempt.pk).update(claim=claim, lease_until=timezone.now())


def _is_held(attempt: CloneAttempt) -> bool:
    return not CloneAttempt.objects.get(pk=attempt.pk).has_lapsed


def _wait(event: threading.Event) -> None:
    assert event.wait(10)


def _until_held(attempt: CloneAttempt) -> None:
    end = time.monotonic() + 10
    while not _is_held(attempt):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_lease_is_renewed_while_it_is_held(attempt: CloneAttempt) -> None:
    with leases.held() as claim:
        _hold(attempt, claim)
        _until_held(attempt)


def test_what_was_let_go_is_not_renewed(attempt: CloneAttempt) -> None:
    with leases.held() as claim:
        _hold(attempt, claim)
        _until_held(attempt)

        assert leases.let_go() == 1
        time.sleep(0.1)  # five turns

        assert not _is_held(attempt)


def test_renewal_under_way_does_not_outlive_letting_go(
    attempt: CloneAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewing, may_write = threading.Event(), threading.Event()
    lease_end = leases.lease_end

    def slow_lease_end() -> object:
        renewing.set()
        _wait(may_write)
        return lease_end()

    def let_go() -> None:
        leases.let_go()
        connection.close()

    letting_go = threading.Thread(target=let_go)
    with leases.held() as claim:
        _hold(attempt, claim)
        monkeypatch.setattr(leases, "lease_end", slow_lease_end)
        _wait(renewing)
        letting_go.start()
        letting_go.join(0.2)  # as far as it gets while the renewal is about to be written
        may_write.set()
        letting_go.join(10)
        time.sleep(0.1)

        assert not letting_go.is_alive()
        assert not _is_held(attempt)


def test_holding_does_not_wait_for_a_renewal(
    attempt: CloneAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal may wait for rows that are locked by whoever takes the next claim."""
    renewing, may_write = threading.Event(), threading.Event()

    def slow_lease_end() -> datetime:
        renewing.set()
        _wait(may_write)
        return timezone.now()

    monkeypatch.setattr(leases, "lease_end", slow_lease_end)
    with leases.held():
        _wait(renewing)
        taken = threading.Event()

        def take_another() -> None:
            with leases.held():
                taken.set()

        other = threading.Thread(target=take_another)
        other.start()
        try:
            _wait(taken)
        finally:
            may_write.set()
            other.join(10)
