"""Workers: the background processes, known by their heartbeat."""

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models

from voicestudio.models import clock


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Workers by heartbeat."""

    def alive(self) -> Self:
        """Workers whose last heartbeat is at most three heartbeats old."""
        since = clock.now() - timedelta(seconds=3 * settings.HEARTBEAT_SECONDS)
        return self.filter(beat_at__gte=since, stopped_at__isnull=True)


class Worker(models.Model):
    """One run of the background worker, from start to stop."""

    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ("-beat_at",)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @property
    def has_died_here(self) -> bool:
        """Whether it ran on this machine and its process has gone; it has not signed off then."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False  # it runs as another user
        return _is_zombie(self.pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended, but its exit code is unread; only Linux says so."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return facts.rpartition(")")[2].split()[0] == "Z"
