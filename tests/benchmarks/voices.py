"""Voices: the ledger's pages at 100,000 voices beside the same pages at 1,000.

    python -m tests.benchmarks voices
    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks voices

On SQLite; on a PostgreSQL server too if DATABASE_URL names one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from tests.benchmarks import databases
from tests.benchmarks.asking import Asked
from tests.benchmarks.history import medians
from tests.benchmarks.table import Row, row

MANY: Final = 100_000
FEW: Final = 1_000
ASKED_PAGE: Final = "as fast as at 1,000"
ASKED_SEARCH: Final = "30 ms"

# The floor of each row is the same address at 1,000 voices, in the same run.
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
    ("rare word, kept", "q=quokka&state=kept"),
    ("word of no voice, temporary", "q=zebraquux&state=temporary"),
)


def measure() -> Iterator[Row]:
    """The rows of the table."""
    yield from _on("SQLite", "")
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        yield from _on("PostgreSQL", url)


def _on(kind: str, server: str) -> Iterator[Row]:
    many = databases.seeded(MANY, server, kind="voices")
    few = databases.seeded(FEW, server, kind="voices")
    with ExitStack() as stack:
        big = stack.enter_context(Asked("studio", many))
        small = stack.enter_context(Asked("studio", few))
        for asked, addresses in ((ASKED_PAGE, PAGES), (ASKED_SEARCH, SEARCHES)):
            for name, query in addresses:
                pairs = [
                    (one, f"/voices/?{query.format(middle=_middle(count))}")
                    for one, count in ((big, MANY), (small, FEW))
                ]
                ours, floor = medians(pairs)
                yield row(f"{kind}, {name}", ours.ms, floor.ms, "ms", asked)


def _middle(count: int) -> str:
    """The cursor of a voice that is half-way down; the date is what counts."""
    return f"{count // 2}~2024-10-01T00:00:00%2B00:00"
