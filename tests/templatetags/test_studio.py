"""Template tags of every page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.template import Context
from django.test import RequestFactory
from django.utils.translation import override

from voicestudio import words
from voicestudio.models import clock as shared_clock
from voicestudio.templatetags import players, studio


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, ""), (0, "0:00"), (6_000, "0:06"), (84_400, "1:24"), (3_600_000, "1:00:00")],
)
def test_clock_formats_a_length(milliseconds: int | None, text: str) -> None:
    assert studio.clock(milliseconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, ""),
        (-5, "0.0 s"),
        (312, "0.3 s"),
        (9_949, "9.9 s"),
        (12_400, "12 s"),
        (61_000, "1:01"),
    ],
)
def test_duration_rounds_to_what_matters(milliseconds: int | None, text: str) -> None:
    assert studio.duration(milliseconds).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, ""),
        (Decimal(0), "$0.00"),
        (Decimal("0.004"), "less than $0.01"),
        (Decimal("0.0105"), "$0.01"),
        (Decimal("1.5"), "$1.50"),
    ],
)
def test_price_formats_an_amount(amount: Decimal | None, text: str) -> None:
    assert studio.price(amount) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""),
        (0, "0 KB"),
        (10, "1 KB"),
        (319_488, "312 KB"),
        (1_992_294, "1.9 MB"),
        (1_073_741_824, "1.0 GB"),
    ],
)
def test_size_of_a_file_is_rounded(count: int | None, text: str) -> None:
    assert words.file_size(count) == text


def test_ago_formats_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(shared_clock, "now", lambda: now)
    ages = {
        timedelta(seconds=-3): "now",
        timedelta(seconds=44): "now",
        timedelta(seconds=46): "1 minute ago",
        timedelta(minutes=3): "3 minutes ago",
        timedelta(minutes=59): "59 minutes ago",
        timedelta(minutes=60): "today, 11:00",
        timedelta(hours=12, minutes=1): "yesterday, 23:59",
        timedelta(days=2): "20 Nov 2026",
    }

    assert {age: studio.ago(now - age) for age in ages} == ages


def test_when_is_a_time_in_utc() -> None:
    moment = datetime(2026, 11, 22, 9, 31, 4, tzinfo=UTC)

    assert studio.when(moment, "clock") == (
        '<time datetime="2026-11-22T09:31:04+00:00" data-style="clock" '
        'title="22 Nov 2026, 09:31 UTC">09:31:04</time>'
    )
    assert studio.when(None) == ""


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "22 Nov 2026, 09:31 UTC"),
        ("de", "22. November 2026, 09:31 UTC"),
        ("es", "22 de noviembre de 2026, 09:31 UTC"),
        ("fr", "22 novembre 2026, 09:31 UTC"),
        ("ja", "2026年11月22日 09:31 UTC"),
        ("zh-hans", "2026年11月22日 09:31 UTC"),
    ],
)
def test_day_and_minute_are_joined_as_the_language_does(language: str, sentence: str) -> None:
    with override(language):
        drawn = studio.when(datetime(2026, 11, 22, 9, 31, tzinfo=UTC), "moment")

    assert drawn.endswith(f">{sentence}</time>")


@pytest.mark.parametrize(
    ("query", "changes", "link"),
    [
        ("state=ready&before=5", {"after": 7}, "?state=ready&after=7"),
        ("state=ready&before=5", {"state": ""}, "?"),
        ("q=a%26b", {"state": "failed"}, "?q=a%26b&state=failed"),
    ],
)
def test_url_with_keeps_the_query_but_not_the_page(
    rf: RequestFactory, query: str, changes: dict[str, Any], link: str
) -> None:
    request = rf.get("/new/")
    request.GET = QueryDict(query)

    assert studio.url_with(Context({"request": request}), **changes) == link


def test_waveform_is_one_path() -> None:
    svg = studio.waveform([0, 50, 100])

    assert svg.count("<path") == 1
    assert svg.count("v") >= 3


def test_waveform_of_nothing_is_empty() -> None:
    assert studio.waveform([]).count('d=""') == 1


def test_player_escapes_its_label() -> None:
    rendered = players.player(
        "/audio/1/", studio.waveform([10, 60]), 84_000, "<b>Anna</b> for $5 & $url"
    )

    assert rendered.count("&lt;b&gt;Anna&lt;/b&gt; for $5 &amp; $url") == 4
    assert '<audio controls preload="none" src="/audio/1/"' in rendered
    assert '<time data-length="84000">1:24</time>' in rendered
    assert rendered.count("<path ") == 1


def test_player_of_unknown_length_shows_none() -> None:
    rendered = players.player("/audio/1/", studio.waveform([]), None, "Anna")

    assert '<time data-length=""></time>' in rendered
