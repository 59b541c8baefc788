"""Rates: who goes when, so that all workers together stay within the provider's limits."""

from django.db import models


class Kind(models.TextChoices):
    """The calls that the provider counts apart."""

    CLONE = "clone", "clone"
    SPEECH = "speech", "speech"


class Rate(models.Model):
    """The turns of one kind of call at one provider; the row is locked while one is given out.

    Moments in the lists are in seconds since 1970, oldest first.
    """

    kind = models.CharField(max_length=8, choices=Kind)
    provider = models.CharField(max_length=255)
    gone = models.JSONField(default=list)
    planned = models.JSONField(default=list)
    # The provider said "slow down": nobody goes before this, and how often it was said in a row.
    held_at = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True)
    strikes = models.PositiveSmallIntegerField(default=0)
    # How many it took within the window before it said so, and since when that is believed.
    learned = models.PositiveIntegerField(null=True)
    learned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "kind"), name="rate_once_a_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} at {self.provider}"
