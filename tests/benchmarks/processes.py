"""Processes: how much memory all of them take while idle, and how long a start takes.

    python -m tests.benchmarks processes

The second start, when everything is set up; the floor is a bare Django site on the same server.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks import studio
from tests.benchmarks.table import Row, row

ROUNDS: Final = 3
SETTLE_SECONDS: Final = 3


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with studio.folder() as one, studio.folder() as other:
        database = f"sqlite:///{other / 'bare.sqlite3'}"
        with studio.studio(one), studio.bare(other, database):
            pass
        memory, floor = _idle(one, other, database)
        starts = []
        for _round in range(ROUNDS):
            with studio.studio(one) as ours:
                mine = ours.started_in
            with studio.bare(other, database) as bare:
                starts.append((mine, bare.started_in))
    yield row("all processes, idle", sum(memory.values()), sum(floor.values()), "MB", "250 MB")
    for name, megabytes in sorted(memory.items()):
        yield row(f"    {name}", megabytes, None, "MB")
    mine, theirs = (statistics.median(one) for one in zip(*starts, strict=True))
    yield row("start after set-up", mine, theirs, "s", "1.5 s")


def _idle(one: Path, other: Path, database: str) -> tuple[dict[str, float], dict[str, float]]:
    """Proportional memory after some pages have been asked for, and time to settle."""
    with studio.studio(one) as ours, studio.bare(other, database) as bare:
        for _page in range(5):
            ours.get("/")
            ours.get("/history/")
            bare.get("/")
        time.sleep(SETTLE_SECONDS)
        return ours.pss_megabytes(), bare.pss_megabytes()
