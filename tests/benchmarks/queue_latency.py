"""How long a job waits for an idle worker.

    python -m tests.benchmarks queue_latency

Ours: an attempt in the running studio, from its creation until a worker claims it, by the times in
its row. The baseline: huey on SQLite, one process sends a job that does nothing and another one
runs it; once with the same threads and pauses as ours, once with huey's defaults.
"""

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

from tests.benchmarks import sites
from tests.benchmarks.databases import ROOT, studio_environment
from tests.benchmarks.table import Row

COUNT: Final = 60
GAP: Final = 0.4
# With its defaults huey polls less often the longer the queue stays empty.
LONG_COUNT: Final = 4
LONG_GAP: Final = 12.0


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with sites.temporary_folder() as folder, sites.studio(folder):
        time.sleep(1)
        ours = _submit_to_studio(folder, COUNT, GAP)
        ours_rested = _submit_to_studio(folder, LONG_COUNT, LONG_GAP)
    with sites.temporary_folder() as folder:
        tuned = _send_to_bare_queue(folder, "tuned", COUNT, GAP)
    with sites.temporary_folder() as folder:
        default = _send_to_bare_queue(folder, "defaults", COUNT, GAP)
        default_rested = _send_to_bare_queue(folder, "defaults", LONG_COUNT, LONG_GAP)
    median = statistics.median
    yield Row("median of 60", median(ours), median(tuned), "ms", "30 ms")
    yield Row("worst of 60", max(ours), max(tuned), "ms", "250 ms")
    yield Row("worst after idling for up to 12 s", max(ours_rested), None, "ms", "250 ms")
    yield Row("median, huey's defaults", median(ours), median(default), "ms")
    yield Row("worst after idling, huey's defaults", max(ours_rested), max(default_rested), "ms")


def _submit_to_studio(folder: Path, count: int, gap: float) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.submit_attempts", str(count), str(gap)]
    done = subprocess.run(
        command, cwd=ROOT, env=studio_environment(folder), text=True, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return [float(line) for line in done.stdout.split()]


def _send_to_bare_queue(folder: Path, settings: str, count: int, gap: float) -> list[float]:
    waited = folder / "waited"
    waited.write_text("")
    os.environ["BARE_QUEUE"] = str(folder)
    sys.modules.pop("tests.benchmarks.bare_queue", None)
    bare_queue = importlib.import_module("tests.benchmarks.bare_queue")  # reads BARE_QUEUE

    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare_queue", settings],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
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
    return [float(line) for line in waited.read_text().split()]
