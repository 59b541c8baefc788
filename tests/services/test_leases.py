"""Leases: renewed while they are held, and not any more once they are released."""

import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_attempt
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.services.paid_calls import leases

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def attempt(person: User, settings: Settings) -> CloneAttempt:
    """An attempt in flight that no worker holds."""
    settings.LEASE_SECONDS = 60.0
    settings.HEARTBEAT_SECONDS = 0.02
    return make_attempt(AttemptState.CLONING, by=person)


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


def test_lease_is_renewed_while_held(attempt: CloneAttempt) -> None:
    with leases.hold() as claim:
        _hold(attempt, claim)
        _until_held(attempt)


def test_released_lease_is_not_renewed(attempt: CloneAttempt) -> None:
    with leases.hold() as claim:
        _hold(attempt, claim)
        _until_held(attempt)

        assert leases.release_all() == 1
        time.sleep(0.1)  # five renewals

        assert not _is_held(attempt)


class Renewal:
    """Stops each renewal just before it is written."""

    def __init__(self) -> None:
        self.under_way, self.may_be_written = threading.Event(), threading.Event()

    def lease_end(self) -> datetime:
        """Replaces `leases.lease_end`, which the renewal calls."""
        self.under_way.set()
        _wait(self.may_be_written)
        return timezone.now() + timedelta(minutes=1)


@pytest.fixture
def renewal(monkeypatch: pytest.MonkeyPatch) -> Renewal:
    """Renewals stop before their UPDATE until `may_be_written` is set."""
    renewal = Renewal()
    monkeypatch.setattr(leases, "lease_end", renewal.lease_end)
    return renewal


def test_release_waits_for_running_renewal(attempt: CloneAttempt, renewal: Renewal) -> None:
    def release() -> None:
        leases.release_all()
        connection.close()

    release_thread = threading.Thread(target=release)
    with leases.hold() as claim:
        _hold(attempt, claim)
        _wait(renewal.under_way)
        release_thread.start()
        release_thread.join(0.2)  # waits for the renewal
        renewal.may_be_written.set()
        release_thread.join(10)
        time.sleep(0.1)

        assert not release_thread.is_alive()
        assert not _is_held(attempt)


def test_hold_does_not_wait_for_renewal(attempt: CloneAttempt, renewal: Renewal) -> None:
    """A renewal may itself wait for a row that the next claim has locked."""
    held = threading.Event()

    def hold_another() -> None:
        with leases.hold():
            held.set()

    other = threading.Thread(target=hold_another)
    with leases.hold():
        _wait(renewal.under_way)
        other.start()
        try:
            _wait(held)
        finally:
            renewal.may_be_written.set()
            other.join(10)
