"""History: its pages at 1,000,000 attempts, its filters and its search.

    python -m tests.benchmarks history
    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks history

On SQLite; on a PostgreSQL server too if DATABASE_URL names one (it makes databases of its own
there, called attempts-...).
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final, NamedTuple

from tests.benchmarks import databases
from tests.benchmarks.asking import Answer, Asked
from tests.benchmarks.table import Row, row

MILLION: Final = 1_000_000
THOUSAND: Final = 1_000
ROUNDS: Final = 31
# An address that takes longer than this is not asked for as often.
SLOW_MS: Final = 200
ASKED_PAGE: Final = "15 ms, 1.2 x at 1,000, 2 x bare"
ASKED_SEARCH: Final = "30 ms"

# What is asked, and how it looks among 1,000,000 attempts (see seeding.py).
PAGES: Final = (
    ("first page", "", ""),
    ("middle page", "before=500000", "before=500"),
    ("last page", "before=27", "before=27"),
    ("a page upwards from the middle", "after=500000", "after=500"),
)
FILTERS: Final = (
    ("state: ready", "state=ready"),
    ("state: ready, flagged", "state=flagged"),
    ("state: failed", "state=failed"),
    ("state: not known yet (1,000)", "state=unknown"),
    ("state: interrupted (20)", "state=interrupted"),
    ("state: cloning (the newest)", "state=cloning"),
    ("state: waiting (the newest)", "state=waiting"),
    ("flag: yes", "flag=yes"),
    ("flag: no", "flag=no"),
    ("model: the oldest only (1,000)", "model=speech-01-turbo"),
    ("model: most", "model=speech-2.8-hd"),
    ("person: the oldest only (1,000)", "person=12"),
    ("person: one of eleven", "person=3"),
    ("a day of 2024", "since=2024-05-06&until=2024-05-06"),
    ("until 2023", "until=2023-01-31"),
    ("since 2023", "since=2023-01-31"),
    ("failed, in a month of 2024", "state=failed&since=2024-05-01&until=2024-05-31"),
    ("interrupted, by one of eleven", "state=interrupted&person=3"),
    ("interrupted, with the commonest model", "state=interrupted&model=speech-2.8-hd"),
    ("ready, by the person of the oldest", "state=ready&person=12"),
    ("not flagged, in the oldest model, failed", "flag=no&model=speech-01-turbo&state=failed"),
    ("oldest model, this year (none)", "model=speech-01-turbo&since=2026-01-01"),
)
SEARCHES: Final = (
    ("rare word (5)", "q=quokka"),
    ("voice ID of one", "q=BenSilva-20c351"),
    ("word in every attempt", "q=recording"),
    ("word in every attempt, middle page", "q=recording&before=500000"),
    ("word in every attempt, last page", "q=recording&before=27"),
    ("word in no attempt", "q=zebraquux"),
    ("words that never stand together", "q=breeze+recording+quokka"),
    ("two letters of most", "q=th"),
    ("two letters, a name in 250", "q=%E7%8E%8B%E8%8A%B3"),
    ("two letters of none", "q=qz"),
    ("one letter of none", "q=%E9%BE%8D"),
    ("rare word, failed", "q=quokka&state=failed"),
    ("word in every attempt, interrupted (20)", "q=recording&state=interrupted"),
    ("word in every attempt, person of the oldest", "q=recording&person=12"),
    ("word in every attempt, a day of 2024", "q=recording&since=2024-05-06&until=2024-05-06"),
    ("word of half, oldest model", "q=river&model=speech-01-turbo"),
    ("word of half, oldest model, failed", "q=river&model=speech-01-turbo&state=failed"),
    ("two letters of none, failed", "q=qz&state=failed"),
)


def measure() -> Iterator[Row]:
    """The rows of the table."""
    yield from _on("SQLite", "")
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        yield from _on("PostgreSQL", url)


def _on(kind: str, server: str) -> Iterator[Row]:
    many, few = databases.seeded(MILLION, server), databases.seeded(THOUSAND, server)
    with ExitStack() as stack:
        big = stack.enter_context(Asked("studio", many))
        small = stack.enter_context(Asked("studio", few))
        bare = stack.enter_context(Asked("bare", databases.bare(many)))
        first: Taken | None = None
        for name, query, small_query in PAGES:
            ours, at_thousand, floor = medians(
                [(big, _url(query)), (small, _url(small_query)), (bare, "/history/")]
            )
            first = first or floor
            yield row(f"{kind}, {name}", ours.ms, floor.ms, "ms", ASKED_PAGE)
            yield row("    time of the processor alone", ours.cpu_ms, floor.cpu_ms, "ms")
            yield row("    by the same page at 1,000 attempts", ours.ms, at_thousand.ms, "ms")
        assert first is not None
        for asked, addresses in ((ASKED_PAGE, FILTERS), (ASKED_SEARCH, SEARCHES)):
            for name, query in addresses:
                (ours,) = medians([(big, _url(query))])
                yield row(f"{kind}, {name}", ours.ms, first.ms, "ms", asked)


def _url(query: str) -> str:
    return f"/history/?{query}" if query else "/history/"


class Taken(NamedTuple):
    """Medians in milliseconds: by the clock, and of the processor in the asked process."""

    ms: float
    cpu_ms: float


def medians(pairs: list[tuple[Asked, str]]) -> list[Taken]:
    """How long each address takes, asked by turns, so that noise is shared."""
    times: list[list[Answer]] = [[] for _pair in pairs]
    for one, address in pairs:
        one.ask(address)
    for turn in range(ROUNDS):
        for (one, address), taken in zip(pairs, times, strict=True):
            if turn < 3 or _median(taken).ms < SLOW_MS:
                taken.append(one.ask(address))
    return [_median(taken) for taken in times]


def _median(answers: list[Answer]) -> Taken:
    return Taken(
        statistics.median(one.ms for one in answers),
        statistics.median(one.cpu_ms for one in answers),
    )
