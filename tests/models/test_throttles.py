"""Throttles: so many forms within a time, by the shared clock, for all processes together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django.fixtures import Settings

from voicestudio.models import Throttle, ThrottledForm, clock, throttles
from voicestudio.services import sign_in_limits

pytestmark = pytest.mark.django_db
type At = Callable[[int], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Sets the shared clock to so many seconds after the start of the test."""
    start: datetime = clock.now()
    return lambda seconds: monkeypatch.setattr(
        clock, "now", lambda: start + timedelta(seconds=seconds)
    )


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Settings) -> None:
    settings.THROTTLES = settings.THROTTLES | {"code": (3, 60), "openid": (3, 60)}


def test_form_is_accepted_again_when_the_first_one_is_too_old(at: At) -> None:
    accepted = []
    for seconds in (0, 10, 20, 30, 59, 61, 62, 71):
        at(seconds)
        accepted.append(throttles.admit(Throttle.CODE, 7))

    assert accepted == [True, True, True, False, False, True, False, True]


def test_each_throttle_and_key_counts_alone() -> None:
    for _ in range(4):
        throttles.admit(Throttle.CODE, 7)

    assert throttles.admit(Throttle.CODE, 7) is False
    assert throttles.admit(Throttle.CODE, 8) is True
    assert throttles.admit(Throttle.OPENID, 7) is True
    throttles.clear(Throttle.CODE, 7)
    assert throttles.admit(Throttle.CODE, 7) is True


def test_emptied_cache_forgets_nothing() -> None:
    for _ in range(3):
        throttles.admit(Throttle.CODE, 7)
    cache.clear()

    assert throttles.admit(Throttle.CODE, 7) is False


def test_key_cannot_be_read_from_its_row() -> None:
    throttles.admit(Throttle.LINK_MAIL, "lea@example.com")

    assert "lea" not in str(ThrottledForm.objects.values_list("key_hash", "throttle").get())


def test_rows_end_with_the_longest_throttle_and_never_lie_in_the_future(at: At) -> None:
    at(400)
    throttles.admit(Throttle.CODE, 1)  # a clock that was ahead
    at(-400)
    throttles.admit(Throttle.CODE, 2)
    at(0)
    throttles.admit(Throttle.CODE, 3)

    sign_in_limits.clear_expired()

    assert set(ThrottledForm.objects.values_list("at", flat=True)) == {clock.now()}
    assert ThrottledForm.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_rate_get_through_at_once() -> None:
    together = Barrier(8)

    def admit(_number: int) -> bool:
        together.wait()
        try:
            return throttles.admit(Throttle.CODE, 7)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        accepted = sum(threads.map(admit, range(8)))

    assert accepted <= 3
    assert ThrottledForm.objects.count() == accepted
