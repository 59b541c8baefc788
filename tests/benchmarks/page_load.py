"""The first load of `/` and the second one, as Chromium sees them.

    python -m tests.benchmarks page_load

The baseline is a minimal Django and htmx page on the same web server.
"""

import statistics
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Browser

from tests.benchmarks import browser, sites
from tests.benchmarks.browser import Load
from tests.benchmarks.sites import Site
from tests.benchmarks.table import Row

ROUNDS: Final = 7


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with (
        sites.temporary_folder() as folder, sites.temporary_folder() as bare_folder,
        sites.studio(folder) as studio, sites.bare_site(bare_folder) as bare,
        browser.chromium() as chromium,
    ):  # fmt: skip
        rounds = [
            (_load_twice(chromium, studio), _load_twice(chromium, bare)) for _ in range(ROUNDS)
        ]
    # Requests that reach the network; a favicon counts.
    for place, name, targets in (
        (0, "first load of /", ("12", "80 KB", "300 ms")),
        (1, "load again, warm cache", ("", "6 KB", "")),
    ):
        ours, baseline = ([each[site][place] for each in rounds] for site in (0, 1))
        yield Row(f"{name}: requests", _requests(ours), _requests(baseline), "", targets[0])
        yield Row(f"{name}: on the wire", _size(ours), _size(baseline), "KB", targets[1])
        yield Row(f"{name}: largest paint", _paint(ours), _paint(baseline), "ms", targets[2])


def _load_twice(chromium: Browser, site: Site) -> tuple[Load, Load]:
    with browser.signed_in_context(chromium, site) as context:
        page = context.new_page()
        return browser.measure_load(page, "/new/"), browser.measure_load(page, "/new/")


def _requests(loads: list[Load]) -> float:
    return max(len(load.requests) for load in loads)


def _size(loads: list[Load]) -> float:
    return max(load.bytes for load in loads) / 1000


def _paint(loads: list[Load]) -> float:
    return statistics.median(load.paint_ms for load in loads)
