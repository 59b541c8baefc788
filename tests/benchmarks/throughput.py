"""Paid calls a second with one, two and four worker processes.

    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks throughput

The same orders wait in a fresh database each time; the workers share its queue and one folder. The
stand-in answers a clone after 0.3 s. Measured from the first claim to the last answer, by the rows.
The baseline of each row is one process on PostgreSQL in the same run.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks import databases, sites
from tests.benchmarks.databases import ROOT
from tests.benchmarks.table import Row
from tests.scale.engines import Redis
from voicestudio.practice.server import StandIn

ORDERS: Final = 240
PROCESSES: Final = (1, 2, 4)
DELAY_S: Final = 0.3
PREFIX: Final = "throughput-"


def measure() -> Iterator[Row]:
    """The rows of the table."""
    server = next((url for _name, url in databases.servers() if url), "")
    if not server:
        print("Needs PostgreSQL: DATABASE_URL=postgres://user:password@127.0.0.1/any")
        return
    alone: float | None = None
    for count in PROCESSES:
        rate = ORDERS / _run(server, count)
        alone = alone or rate
        yield Row(f"{count} x worker, 8 threads each", rate, alone, "calls/s")
    if Redis.program():
        with sites.temporary_folder() as folder, Redis(folder) as redis:
            rate = ORDERS / _run(server, 1, QUEUE_URL=redis.url)
        yield Row("1 x worker, queue in Redis", rate, alone, "calls/s")
    yield Row("1 x worker, SQLite", ORDERS / _run("", 1), alone, "calls/s")
    databases.drop_databases(server, PREFIX)


def _run(server: str, count: int, **settings: str) -> float:
    """The seconds that so many workers need for all orders; on SQLite without a server."""
    if server:
        settings["DATABASE_URL"] = databases.fresh_database(server, PREFIX, f"{PREFIX}{count}")
    with sites.temporary_folder() as folder, StandIn(api_key="bench", delay=DELAY_S) as stand_in:
        environment = databases.studio_environment(
            folder, MINIMAX_API_KEY="bench", MINIMAX_BASE_URL=stand_in.url, CLONE_RPM="10000",
            **settings,
        )  # fmt: skip
        command = [sys.executable, "-m", "tests.benchmarks.submit_orders", str(ORDERS)]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE
        ) as orders:
            assert orders.stdout is not None
            if "ready" not in orders.stdout.readline():
                raise RuntimeError(f"the orders ended with {orders.wait()}")
            with ExitStack() as workers:
                for _worker in range(count):
                    workers.enter_context(_worker_process(environment, folder))
                return float(orders.stdout.readline())


@contextmanager
def _worker_process(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """A worker, stopped after the block."""
    with (folder / "workers.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_worker"],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(sites.STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
