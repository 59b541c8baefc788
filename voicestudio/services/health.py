"""Health: whether database and worker are up, for monitoring."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error, connection

from voicestudio.models import Worker

from . import queue_storage


@dataclass(frozen=True)
class Health:
    """`ok` is true if database and worker are up; the time is ISO 8601 in UTC."""

    ok: bool
    database: str
    worker: str
    mode: str
    worker_last_heartbeat: str | None
    # When a queue that could not be read was put aside last; "" if never.
    queue_replaced_at: str


def check_health() -> Health:
    """Check database and worker now; never raises."""
    mode = "practice" if settings.PRACTICE_MODE else "live"
    replaced = queue_storage.last_replaced_at(Path(settings.SQLITE_QUEUE["filename"]))
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # An open connection would go on reading a database file that was deleted.
        connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        last = Worker.objects.order_by("-beat_at").first()
        alive = Worker.objects.alive().exists()
    except Error:
        return Health(False, "down", "unknown", mode, None, replaced)
    return Health(
        ok=alive,
        database="ok",
        worker="ok" if alive else "down",
        mode=mode,
        worker_last_heartbeat=last.beat_at.isoformat() if last else None,
        queue_replaced_at=replaced,
    )
