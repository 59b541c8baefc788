"""The clock: that of the database, where several machines share one."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from voicestudio.models import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_last", None)


def test_clock_shows_the_time_of_the_database() -> None:
    assert abs(clock.now() - timezone.now()) < timedelta(seconds=1)


@pytest.mark.skipif("connection.vendor != 'postgresql'")
@pytest.mark.parametrize("hours", [-3, 3])
def test_clock_of_the_machine_does_not_matter(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    true = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: true + timedelta(hours=hours))

    assert abs(clock.now() - true) < timedelta(seconds=1)


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_clock_goes_on_while_the_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    first = clock.now()
    steady = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: steady() + 100)
    monkeypatch.setattr(connection, "ensure_connection", refuse)

    assert timedelta(seconds=100) <= clock.now() - first < timedelta(seconds=101)


def refuse() -> None:
    from django.db import OperationalError

    raise OperationalError("gone")
