"""Health: whether this studio can do its work, for whoever watches over it."""

from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection

from voicestudio.models import Worker


@dataclass(frozen=True)
class Health:
    """`ok` is true if database and worker both are; the times are ISO 8601 in UTC."""

    ok: bool
    database: str
    worker: str
    mode: str
    worker_last_heartbeat: str | None


def report() -> Health:
    """Look now; never raises."""
    mode = "practice" if settings.PRACTICE_MODE else "live"
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # An open one would go on reading a file that is not there any more.
        connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        last = Worker.objects.order_by("-beat_at").first()
        alive = Worker.objects.alive().exists()
    except Error:
        return Health(False, "down", "unknown", mode, None)
    return Health(
        ok=alive,
        database="ok",
        worker="ok" if alive else "down",
        mode=mode,
        worker_last_heartbeat=last.beat_at.isoformat() if last else None,
    )
