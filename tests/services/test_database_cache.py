"""The cache: entries end by the time of all machines, and the oldest go when it is full."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import override_settings

from voicestudio.models import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two minutes later, by the shared clock."""
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=2))


def test_entries_end_by_the_shared_clock(request: pytest.FixtureRequest) -> None:
    for name, seconds in {"short": 60, "long": 180, "never": None, "at-once": 0}.items():
        cache.set(name, name, seconds)
    names = ["short", "long", "never", "at-once"]

    assert sorted(cache.get_many(names)) == ["long", "never", "short"]
    request.getfixturevalue("later")

    assert sorted(cache.get_many(names)) == ["long", "never"]
    assert [name in cache for name in names] == [False, True, True, False]
    assert cache.add("short", "again", 60) is True
    assert (cache.touch("long", 600), cache.touch("at-once", 600)) == (True, False)


def test_entry_that_is_written_while_it_ends_stays(request: pytest.FixtureRequest) -> None:
    cache.set("count", 1, 60)
    request.getfixturevalue("later")
    writes: list[str] = []

    def write_meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("DELETE FROM") and not writes:
            writes.append(sql)
            cache.set("count", 2, 600)
        return execute(sql, *rest)

    with connection.execute_wrapper(write_meanwhile):
        cache.get("count")

    assert (len(writes), cache.get("count")) == (1, 2)


def test_full_cache_loses_what_has_ended_first(request: pytest.FixtureRequest) -> None:
    full = {
        "default": {
            "BACKEND": "voicestudio.services.database_cache.SharedClockCache",
            "LOCATION": "voicestudio_cache",
            "OPTIONS": {"MAX_ENTRIES": 4},
        }
    }
    with override_settings(CACHES=full):
        for name in ("ended-1", "ended-2", "ended-3"):
            caches["default"].set(name, 1, 60)
        for name in ("count-1", "count-2"):
            caches["default"].set(name, 1, 600)
        request.getfixturevalue("later")
        caches["default"].set("new", 1, 60)

        names = ["count-1", "count-2", "new"]
        assert sorted(caches["default"].get_many(names)) == names
