"""/recordings/ with 6,000 recordings that 1,000,000 attempts use, beside a bare list.

    python -m tests.benchmarks recordings
    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks recordings

On SQLite, and on a PostgreSQL server if DATABASE_URL names one; the databases are those of the
benchmark "history".
"""

from collections.abc import Iterator
from typing import Final

from tests.benchmarks import databases
from tests.benchmarks.in_process_client import InProcessClient, median_times
from tests.benchmarks.languages import measure_languages
from tests.benchmarks.table import Row

MILLION: Final = 1_000_000
TARGET: Final = "3 x bare"
PAGES: Final = (
    ("first page", ""),
    ("middle page", "before=3000"),
    ("last page", "before=27"),
    ("a page upwards from the middle", "after=3000"),
    ("prompt clips", "purpose=prompt_audio"),
    ("poor ones", "verdict=disappointing"),
    ("of one person", "person=3"),
    ("part of a name", "q=interview-59"),
    ("one letter", "q=w"),
    ("two letters", "q=59"),
    ("two letters of no name", "q=zq"),
)


def measure() -> Iterator[Row]:
    """The rows of the table."""
    for database, server in databases.servers():
        many = databases.seeded_environment(MILLION, server)
        with (
            InProcessClient("studio", many) as studio,
            InProcessClient("bare", databases.bare_environment(many)) as bare,
        ):
            yield from measure_languages(database, studio, bare, "/recordings/", TARGET)
            for name, query in PAGES:
                ours, baseline = median_times(
                    [(studio, f"/recordings/?{query}"), (bare, "/history/")]
                )
                yield Row(f"{database}, {name}", ours.ms, baseline.ms, "ms", TARGET)
                yield Row("    time of the processor alone", ours.cpu_ms, baseline.cpu_ms, "ms")
