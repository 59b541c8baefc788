"""Worker: threads, heartbeat, leases and the queue."""

import sqlite3
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .database import DATABASES
from .environment import matches, read_integer, read_seconds, read_secret
from .paths import DATA_DIR

WORKER_THREADS = read_integer("WORKER_THREADS", 8, 1, 64)
HEARTBEAT_SECONDS = read_seconds("HEARTBEAT_SECONDS", 5.0)
LEASE_SECONDS = read_seconds("LEASE_SECONDS", 20.0)
if LEASE_SECONDS < 2 * HEARTBEAT_SECONDS:
    raise ImproperlyConfigured("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS.")


class QueueConnection(sqlite3.Connection):
    """A connection that does not wait for the disk, since lost jobs are found again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA synchronous=NORMAL")


HAS_POSTGRESQL = str(DATABASES["default"]["ENGINE"]).endswith("postgresql")
QUEUE_URL = read_secret(
    "QUEUE_URL",
    "empty, postgres, or an address such as redis://host:6379/0",
    is_url=True,
    validate=matches(r"|postgres|rediss?://[^\s/]+(/\d*)?(\?\S*)?"),
) or ("postgres" if HAS_POSTGRESQL else "")
if QUEUE_URL == "postgres" and not HAS_POSTGRESQL:
    raise ImproperlyConfigured("QUEUE_URL can be postgres only if DATABASE_URL is PostgreSQL.")

SQLITE_QUEUE: dict[str, Any] = {
    "filename": str(DATA_DIR / "queue.sqlite3"),
    "factory": QueueConnection,
    "timeout": 20,
    "cache_mb": 1,
}
ROOM = "voicestudio.services.queue_storage"
HUEY: dict[str, Any] = {
    "name": "voicestudio",
    "immediate": False,
    # The result of a job is in its row; huey would keep every failure forever.
    "results": False,
}
if QUEUE_URL == "postgres":
    HUEY |= {"huey_class": f"{ROOM}.PostgresQueue", "table_prefix": "voicestudio_queue"}
elif QUEUE_URL:
    HUEY |= {"huey_class": f"{ROOM}.RedisQueue", "url": QUEUE_URL}
else:
    HUEY |= {"huey_class": f"{ROOM}.Queue", **SQLITE_QUEUE}
TASKS = {
    "default": {
        "BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend",
        # The worker must not see a job before its row is committed.
        "OPTIONS": {"enqueue_on_commit": True},
    }
}
