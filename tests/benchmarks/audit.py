"""/audit/ at 1,000,000 entries: pages and filters.

    python -m tests.benchmarks audit
    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks audit

On SQLite, and on a PostgreSQL server if DATABASE_URL names one. The baseline of the first row is
the bare site's list, of all others our own first page in the same run.
"""

from collections.abc import Iterator
from typing import Final

from tests.benchmarks import databases
from tests.benchmarks.in_process_client import InProcessClient, median_times
from tests.benchmarks.table import Row

MILLION: Final = 1_000_000
TARGET: Final = "as fast as the first page"
PAGES: Final = (
    ("middle page", "before=500000"),
    ("last page", "before=40"),
    ("a page upwards from the middle", "after=500000"),
    ("person: one of eleven", "person=3"),
    ("person: the oldest only", "person=12"),
    ("project: one of three, middle page", "project=1&before=500000"),
    ("what: one of sixty", "verb=downloaded"),
    ("what: the oldest only", "verb=project_archived"),
    ("object: one of 5,000", "kind=voice&number=77"),
    ("object: the oldest only", "kind=voice&number=7"),
    ("object: every voice", "kind=voice"),
    ("a day of 2024", "since=2024-05-06&until=2024-05-06"),
    ("until 2023", "until=2023-01-31"),
    ("search: a person and what is named so", "q=ada"),
    ("search: nothing", "q=nothing-like-this"),
    ("view: deleted, middle page", "topic=deleted&before=500000"),
    ("one person, one verb", "person=3&verb=downloaded"),
    ("the oldest person, a verb of others (none)", "person=12&verb=downloaded"),
)


def measure() -> Iterator[Row]:
    """The rows of the table."""
    for database, server in databases.servers():
        many = databases.seeded_environment(MILLION, server, kind="audit")
        bare_environment = databases.bare_environment(many)
        with (
            InProcessClient("studio", many) as studio,
            InProcessClient("bare", bare_environment) as bare,
        ):
            first, baseline = median_times([(studio, "/audit/"), (bare, "/history/")])
            yield Row(f"{database}, first page, beside a bare list", first.ms, baseline.ms, "ms")
            for name, query in PAGES:
                ours, again = median_times([(studio, f"/audit/?{query}"), (studio, "/audit/")])
                yield Row(f"{database}, {name}", ours.ms, again.ms, "ms", TARGET)
