"""How much memory all processes take while idle, and how long a start takes.

    python -m tests.benchmarks processes

The start is the second one, when everything is set up. The baseline is a bare Django site on the
same server.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Final

from tests.benchmarks import sites
from tests.benchmarks.table import Row

ROUNDS: Final = 3
SETTLE_SECONDS: Final = 3


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with sites.temporary_folder() as folder, sites.temporary_folder() as bare_folder:
        with sites.studio(folder), sites.bare_site(bare_folder):
            pass
        with sites.studio(folder) as studio, sites.bare_site(bare_folder) as bare:
            for _page in range(5):
                studio.get("/new/")
                studio.get("/history/")
                bare.get("/new/")
            time.sleep(SETTLE_SECONDS)
            memory, baseline = studio.pss_megabytes(), bare.pss_megabytes()
        starts: list[float] = []
        bare_starts: list[float] = []
        for _round in range(ROUNDS):
            with sites.studio(folder) as studio:
                starts.append(studio.started_in)
            with sites.bare_site(bare_folder) as bare:
                bare_starts.append(bare.started_in)
    yield Row("all processes, idle", sum(memory.values()), sum(baseline.values()), "MB", "250 MB")
    for name, megabytes in sorted(memory.items()):
        yield Row(f"    {name}", megabytes, None, "MB")
    median = statistics.median
    yield Row("start after set-up", median(starts), median(bare_starts), "s", "1.5 s")
