"""Loading: the first load of `/` and the second one, as Chromium sees them.

    python -m tests.benchmarks loading

The floor is a minimal Django and htmx page on the same web server.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Browser

from tests.benchmarks import browser, studio
from tests.benchmarks.browser import Load
from tests.benchmarks.studio import Site
from tests.benchmarks.table import Row, row

ROUNDS: Final = 7


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with (
        studio.folder() as one, studio.folder() as other, studio.studio(one) as ours,
        studio.bare(other, f"sqlite:///{other / 'bare.sqlite3'}") as floor,
        browser.chromium() as chromium,
    ):  # fmt: skip
        pairs = [(_loads(chromium, ours), _loads(chromium, floor)) for _round in range(ROUNDS)]
    # Requests that reach the network; a favicon counts.
    for place, name, asked in (
        (0, "first load of /", ("8", "60 KB", "300 ms")),
        (1, "load again, warm cache", ("", "6 KB", "")),
    ):
        mine = [pair[0][place] for pair in pairs]
        bare = [pair[1][place] for pair in pairs]
        yield row(f"{name}: requests", _count(mine), _count(bare), "", asked[0])
        yield row(f"{name}: on the wire", _kilobytes(mine), _kilobytes(bare), "KB", asked[1])
        yield row(f"{name}: largest paint", _paint(mine), _paint(bare), "ms", asked[2])


def _loads(chromium: Browser, site: Site) -> tuple[Load, Load]:
    with browser.person(chromium, site) as context:
        page = context.new_page()
        return browser.load(page, "/"), browser.load(page, "/")


def _count(loads: list[Load]) -> float:
    return max(len(one.requests) for one in loads)


def _kilobytes(loads: list[Load]) -> float:
    return max(one.bytes for one in loads) / 1000


def _paint(loads: list[Load]) -> float:
    return statistics.median(one.paint_ms for one in loads)
