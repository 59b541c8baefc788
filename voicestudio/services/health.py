"""Health: whether database and worker are up, and whether this process may get requests."""

from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from voicestudio import __version__
from voicestudio.models import Studio, Worker, clock

from . import machines, queue_storage


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
    # The living workers: machine, process ID and last heartbeat of each.
    workers: list[dict[str, str | int]] = field(default_factory=list)
    version: str = __version__
    # Whether a restored studio waits for an administrator, and sends no paid call.
    held: bool = False
    # Whether living machines sign sessions and links with different keys.
    different_secret_keys: bool = False
    # By how much the clock of this machine is ahead of the database's.
    clock_ahead_seconds: int = 0


def check_health() -> Health:
    """Check database and worker now; never raises."""
    mode = "practice" if settings.PRACTICE_MODE else "live"
    replaced_at = queue_storage.last_replaced_at(Path(settings.SQLITE_QUEUE["filename"]))
    replaced = replaced_at.isoformat() if replaced_at else ""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # An open connection would go on reading a database file that was deleted.
        connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        last = Worker.objects.order_by("-beat_at").first()
        alive = list(Worker.objects.alive().order_by("host", "pid"))
        held = Studio.objects.filter(held_since__isnull=False).exists()
        different_keys = bool(machines.find_different_keys())
    except Error:
        return Health(False, "down", "unknown", mode, None, replaced)
    return Health(
        ok=bool(alive),
        database="ok",
        worker="ok" if alive else "down",
        mode=mode,
        worker_last_heartbeat=last.beat_at.isoformat() if last else None,
        queue_replaced_at=replaced,
        workers=[
            {"host": each.host, "pid": each.pid, "last_heartbeat": each.beat_at.isoformat()}
            for each in alive
        ],
        held=held,
        different_secret_keys=different_keys,
        clock_ahead_seconds=round(clock.machine_ahead().total_seconds()),
    )


def find_obstacle() -> str:
    """Why a load balancer should send no requests here; "" if it may. Never raises."""
    return "draining" if settings.DRAINING_FILE.exists() else find_database_obstacle()


def find_database_obstacle() -> str:
    """Why the database cannot be used yet: "migrations", "database", or "". Never raises."""
    try:
        return "migrations" if lacks_migrations() else ""
    except Error:
        connection.close()
        return "database"


def lacks_migrations() -> bool:
    """Whether this version expects migrations that the database has not had.

    Reads them anew until nothing is missing, and then no more: a later version only adds to them.
    """
    global _has_migrations
    if not _has_migrations:
        executor = MigrationExecutor(connection)
        _has_migrations = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return not _has_migrations


_has_migrations = False
