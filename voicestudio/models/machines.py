"""Machines: which secret key each one uses, known by a fingerprint."""

from datetime import timedelta
from typing import Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

REPORT_EVERY: Final = timedelta(minutes=1)


class MachinePart(models.TextChoices):
    """What runs on a machine and signs with its key."""

    WEB = "web", _("Web server")
    WORKER = "worker", _("Worker")


class MachineQuerySet(models.QuerySet["Machine"]):
    """Machines by their last report."""

    def alive(self) -> Self:
        """Machines whose last report is at most three reports old."""
        return self.filter(seen_at__gte=clock.now() - 3 * REPORT_EVERY)


class Machine(models.Model):
    """The web server or the worker of one machine, with the fingerprint of its secret key.

    The row is that of the part, not of a process: a restart with a new key leaves no old one.
    """

    host = models.CharField(max_length=255)
    part = models.CharField(max_length=6, choices=MachinePart)
    key_print = models.CharField(max_length=16)
    seen_at = models.DateTimeField()

    objects = MachineQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["host", "part"], name="one_row_per_part_of_a_machine"),
        )

    def __str__(self) -> str:
        return f"{self.host} ({self.get_part_display()})"
