"""How long a job waits for an idle worker.

    python -m tests.benchmarks queue_latency

Ours: an attempt in the running studio, from its creation until a worker claims it, by the times in
its row. The baseline: huey on SQLite, one process sends a job that does nothing and another one
runs it; once with the same threads and pauses as ours, once with huey's defaults.

With DATABASE_URL=postgres://… also the queue in Redis beside the queue in PostgreSQL, and how many
transactions an idle studio makes there.
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

import psycopg

from tests.benchmarks import databases, sites
from tests.benchmarks.databases import ROOT, studio_environment
from tests.benchmarks.table import Row
from tests.scale.engines import Redis

COUNT: Final = 60
GAP: Final = 0.4
# With its defaults huey polls less often the longer the queue stays empty.
LONG_COUNT: Final = 4
LONG_GAP: Final = 12.0
IDLE_S: Final = 20
PREFIX: Final = "queue-latency-"
TRANSACTIONS: Final = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"


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
    server = next((url for _name, url in databases.servers() if url), "")
    if server and Redis.program():
        yield from _compare_redis(server)


def _compare_redis(server: str) -> Iterator[Row]:
    with sites.temporary_folder() as folder, Redis(folder) as redis:
        waited, transactions = _measure_on(server, QUEUE_URL=redis.url)
    by_database, baseline = _measure_on(server)
    databases.drop_databases(server, PREFIX)
    for name, value in (("median of 60", statistics.median), ("worst of 60", max)):
        title = f"queue in Redis by PostgreSQL: {name}"
        yield Row(title, value(waited), value(by_database), "ms")
    yield Row("    transactions a second there, idle", transactions, baseline, "")


def _measure_on(server: str, **settings: str) -> tuple[list[float], float]:
    """Milliseconds of the jobs, and transactions a second of an idle studio on PostgreSQL."""
    settings["DATABASE_URL"] = databases.fresh_database(server, PREFIX, f"{PREFIX}studio")
    with (
        sites.temporary_folder() as folder, sites.studio(folder, **settings),
        psycopg.connect(server, autocommit=True) as connection,
    ):  # fmt: skip
        time.sleep(1)
        waited = _submit_to_studio(folder, COUNT, GAP, **settings)
        counts = []
        for pause in (IDLE_S, 0):
            (row,) = connection.execute(TRANSACTIONS, [f"{PREFIX}studio"]).fetchall()
            counts.append(row[0])
            time.sleep(pause)
    return waited, (counts[1] - counts[0]) / IDLE_S


def _submit_to_studio(folder: Path, count: int, gap: float, **settings: str) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.submit_attempts", str(count), str(gap)]
    done = subprocess.run(
        command, cwd=ROOT, env=studio_environment(folder, **settings), text=True, check=True,
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
