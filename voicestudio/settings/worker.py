"""Worker: how many calls at once, its signs of life, and the queue."""

import sqlite3
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .places import DATA_DIR
from .reading import integer, seconds

WORKER_THREADS = integer("WORKER_THREADS", 8, 1, 64)
HEARTBEAT_SECONDS = seconds("HEARTBEAT_SECONDS", 5.0)
LEASE_SECONDS = seconds("LEASE_SECONDS", 20.0)
if LEASE_SECONDS < 2 * HEARTBEAT_SECONDS:
    raise ImproperlyConfigured("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS.")


class QueueConnection(sqlite3.Connection):
    """The queue's connection: it need not wait for the disk, since lost jobs are found again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA synchronous=NORMAL")


HUEY = {
    "name": "voicestudio",
    "huey_class": "huey.SqliteHuey",
    "filename": str(DATA_DIR / "queue.sqlite3"),
    "factory": QueueConnection,
    "timeout": 20,
    "cache_mb": 1,
    "immediate": False,
    # What a job comes to stands in the attempt's row; huey would keep every failure for ever.
    "results": False,
}
TASKS = {
    "default": {
        "BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend",
        # A job must not be seen before the row that it is about.
        "OPTIONS": {"enqueue_on_commit": True},
    }
}
