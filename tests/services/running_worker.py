"""A worker as a process of its own, on the database of the test and the test's stand-in."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.models import F

from voicestudio.models import Worker
from voicestudio.practice.server import StandIn

ROOT = Path(__file__).parents[2]
LEASE = 1.0


@dataclass
class RunningWorker:
    """The process, and the file of its log."""

    process: subprocess.Popen[bytes]
    path: Path

    @property
    def log(self) -> str:
        return self.path.read_text()

    @property
    def has_started(self) -> bool:
        """Whether its chores run, of which the heartbeat is one."""
        return Worker.objects.filter(pid=self.process.pid, beat_at__gt=F("started_at")).exists()


@contextmanager
def running_worker(
    data_dir: Path, standin: StandIn, code: Path = ROOT, **variables: str
) -> Iterator[RunningWorker]:
    """A worker process, killed with SIGKILL at the end of the block."""
    port = standin.port
    environment = {
        "PATH": os.environ["PATH"],
        "VOICESTUDIO_ENV_FILE": "",
        "VOICESTUDIO_DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url(),
        "PORT": str(port + 1 if port < 65535 else port - 1),
        "PRACTICE_PORT": str(port),
        "LEASE_SECONDS": str(LEASE),
        "HEARTBEAT_SECONDS": "0.2",
        "MINIMAX_READ_TIMEOUT": "20",
        "WORKER_THREADS": "2",
        **variables,
    }
    path = data_dir.with_name(f"worker-{time.monotonic_ns()}.log")
    with path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_worker"],
            cwd=code, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield RunningWorker(process, path)
    finally:
        process.kill()
        process.wait()


def database_url() -> str:
    """The address of the test's database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, password = database["USER"], database["PASSWORD"]
    host, port = database["HOST"] or "127.0.0.1", database["PORT"] or 5432
    return f"postgres://{user}:{password}@{host}:{port}/{database['NAME']}"


def wait_until(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Whether the condition comes true within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
