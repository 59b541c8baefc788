"""/voices/ at 100,000 voices, beside the same pages at 1,000 and a bare list.

    python -m tests.benchmarks voices
    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks voices

On SQLite, and on a PostgreSQL server if DATABASE_URL names one.
"""

from collections.abc import Iterator
from typing import Final

from tests.benchmarks import databases
from tests.benchmarks.in_process_client import InProcessClient, median_times
from tests.benchmarks.languages import measure_languages
from tests.benchmarks.table import Row

MANY: Final = 100_000
FEW: Final = 1_000
PAGE_TARGET: Final = "as fast as at 1,000"
SEARCH_TARGET: Final = "30 ms"
BARE_TARGET: Final = "3 x bare"

# The baseline of each row is the same address at 1,000 voices, in the same run.
PAGES: Final = (
    ("first page", ""),
    ("a page from the middle", "after={middle}"),
    ("oldest first", "order=oldest"),
    ("next to expire", "order=expiring"),
    ("last used", "order=used"),
    ("speaker's name", "order=speaker"),
    ("Expiring within 48 hours", "view=expiring&order=expiring"),
    ("Not yet heard", "view=unheard"),
    ("temporary", "state=temporary"),
    ("temporary, last used first (none)", "state=temporary&order=used"),
    ("kept", "state=kept"),
    ("kept, by speaker", "state=kept&order=speaker"),
    ("expired", "state=expired"),
    ("deleted", "state=deleted"),
    ("deleted, last used first", "state=deleted&order=used"),
    ("not known yet", "state=unknown"),
    ("from MiniMax", "state=from_minimax"),
    ("from MiniMax, by speaker", "state=from_minimax&order=speaker"),
    ("a tag of half of them", "tag=audiobook"),
    ("a tag of five", "tag=seldom"),
    ("a tag of five, by speaker", "tag=seldom&order=speaker"),
    ("Expiring within 48 hours, by speaker", "view=expiring&order=speaker"),
    ("Not yet heard, by speaker", "view=unheard&order=speaker"),
)
SEARCHES: Final = (
    ("rare word (5)", "q=quokka"),
    ("rare word, by speaker", "q=quokka&order=speaker"),
    ("word of every voice", "q=interview"),
    ("word of every voice, last used", "q=interview&order=used"),
    ("word of no voice", "q=zebraquux"),
    ("part of a voice ID", "q=annaolsen"),
    ("one letter", "q=w"),
    ("two letters", "q=an"),
    ("two letters of no voice", "q=zq"),
    ("rare word, kept", "q=quokka&state=kept"),
    ("word of no voice, temporary", "q=zebraquux&state=temporary"),
)


def measure() -> Iterator[Row]:
    """The rows of the table."""
    for database, server in databases.servers():
        yield from _measure_on(database, server)


def _measure_on(database: str, server: str) -> Iterator[Row]:
    many = databases.seeded_environment(MANY, server, kind="voices")
    few = databases.seeded_environment(FEW, server, kind="voices")
    with (
        InProcessClient("studio", many) as large,
        InProcessClient("studio", few) as small,
        InProcessClient("bare", databases.bare_environment(many)) as bare,
    ):
        yield from measure_languages(database, large, bare, "/voices/", BARE_TARGET)
        for name, query in PAGES[:2]:
            address = f"/voices/?{query.format(middle=_middle_cursor(MANY))}"
            ours, baseline = median_times([(large, address), (bare, "/history/")])
            yield Row(
                f"{database}, {name}, beside a bare list", ours.ms, baseline.ms, "ms", BARE_TARGET
            )
            yield Row("    time of the processor alone", ours.cpu_ms, baseline.cpu_ms, "ms")
        for target, addresses in ((PAGE_TARGET, PAGES), (SEARCH_TARGET, SEARCHES)):
            for name, query in addresses:
                requests = [
                    (client, f"/voices/?{query.format(middle=_middle_cursor(count))}")
                    for client, count in ((large, MANY), (small, FEW))
                ]
                ours, at_thousand = median_times(requests)
                yield Row(f"{database}, {name}", ours.ms, at_thousand.ms, "ms", target)


def _middle_cursor(count: int) -> str:
    """The cursor of a voice half-way down the list; its date decides the place."""
    return f"{count // 2}~2024-10-01T00:00:00%2B00:00"
