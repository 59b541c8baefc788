"""Pick-up: how long a job waits for an idle worker.

    python -m tests.benchmarks pickup

Ours: an attempt in the running studio, from being asked for to being claimed by a worker, as both
stand in its row. The floor: bare huey on SQLite, one process sends a job that does nothing, another
one runs it; with the same threads and pauses as ours, and as huey comes.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks import studio
from tests.benchmarks.databases import HOUSE, environment
from tests.benchmarks.table import Row, row

COUNT: Final = 60
GAP: Final = 0.4
# Huey's defaults grow slower the longer nothing comes.
LONG_COUNT: Final = 4
LONG_GAP: Final = 12.0


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with studio.folder() as folder, studio.studio(folder) as site:
        assert site.process.poll() is None
        time.sleep(1)
        ours = _ours(folder, COUNT, GAP)
        rested = _ours(folder, LONG_COUNT, LONG_GAP)
    with studio.folder() as folder:
        well = _bare(folder, "well", COUNT, GAP)
    with studio.folder() as folder:
        default = _bare(folder, "defaults", COUNT, GAP)
        default_rested = _bare(folder, "defaults", LONG_COUNT, LONG_GAP)
    middle = statistics.median
    yield row("median of 60", middle(ours), middle(well), "ms", "30 ms")
    yield row("worst of 60", max(ours), max(well), "ms", "250 ms")
    yield row("worst after idling for up to 12 s", max(rested), None, "ms", "250 ms")
    yield row("median, huey's defaults", middle(ours), middle(default), "ms")
    yield row("worst after idling, huey's defaults", max(rested), max(default_rested), "ms")


def _ours(folder: Path, count: int, gap: float) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.submitting", str(count), str(gap)]
    # No port is needed; the studio that runs has its own.
    told = subprocess.run(
        command, cwd=HOUSE, env=environment(folder), text=True, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return [float(line) for line in told.stdout.split()]


def _bare(folder: Path, settings: str, count: int, gap: float) -> list[float]:
    noted = folder / "waited"
    noted.write_text("")
    os.environ["BARE_QUEUE"] = str(folder)
    sys.modules.pop("tests.benchmarks.bare_queue", None)
    bare_queue = importlib.import_module("tests.benchmarks.bare_queue")  # its folder is known now

    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare_queue", settings],
        cwd=HOUSE, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(0.5)
        for _number in range(count):
            time.sleep(random.uniform(gap / 4, gap))
            bare_queue.job(time.time())
        time.sleep(3)
    finally:
        worker.send_signal(signal.SIGINT)
        worker.wait(10)
        if worker.stdout is not None:
            worker.stdout.close()
    return [float(line) for line in noted.read_text().split()]
