"""/history/ at 1,000,000 attempts: pages, filters and searches.

    python -m tests.benchmarks history
    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks history

On SQLite, and on a PostgreSQL server if DATABASE_URL names one (databases called attempts-... are
created there).
"""

from collections.abc import Iterator
from typing import Final

from tests.benchmarks import databases
from tests.benchmarks.in_process_client import InProcessClient, Times, median_times
from tests.benchmarks.languages import measure_languages
from tests.benchmarks.table import Row

MILLION: Final = 1_000_000
THOUSAND: Final = 1_000
PAGE_TARGET: Final = "15 ms, 1.2 x at 1,000, 2 x bare"
SEARCH_TARGET: Final = "30 ms"

# Each page by its query at 1,000,000 and at 1,000 attempts; the rows are made in seed_attempts.py.
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
    for database, server in databases.servers():
        yield from _measure_on(database, server)


def _measure_on(database: str, server: str) -> Iterator[Row]:
    many = databases.seeded_environment(MILLION, server)
    few = databases.seeded_environment(THOUSAND, server)
    with (
        InProcessClient("studio", many) as large,
        InProcessClient("studio", few) as small,
        InProcessClient("bare", databases.bare_environment(many)) as bare,
    ):
        yield from measure_languages(database, large, bare, "/history/", "2 x bare")
        first: Times | None = None
        for name, query, small_query in PAGES:
            ours, at_thousand, baseline = median_times(
                [(large, _address(query)), (small, _address(small_query)), (bare, "/history/")]
            )
            first = first or baseline
            yield Row(f"{database}, {name}", ours.ms, baseline.ms, "ms", PAGE_TARGET)
            yield Row("    time of the processor alone", ours.cpu_ms, baseline.cpu_ms, "ms")
            yield Row("    by the same page at 1,000 attempts", ours.ms, at_thousand.ms, "ms")
        assert first is not None
        for target, addresses in ((PAGE_TARGET, FILTERS), (SEARCH_TARGET, SEARCHES)):
            for name, query in addresses:
                (ours,) = median_times([(large, _address(query))])
                yield Row(f"{database}, {name}", ours.ms, first.ms, "ms", target)


def _address(query: str) -> str:
    return f"/history/?{query}" if query else "/history/"
