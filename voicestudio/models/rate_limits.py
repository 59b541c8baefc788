"""Rates: who goes when, so that all workers together stay within the provider's limits."""

from django.db import models


class CallKind(models.TextChoices):
    """The calls that the provider counts apart."""

    CLONE = "clone", "clone"
    SPEECH = "speech", "speech"


class RateLimit(models.Model):
    """The turns of one kind of call at one provider; the row is locked while one is given out.

    Moments in the lists are in seconds since 1970, oldest first.
    """

    kind = models.CharField(max_length=8, choices=CallKind)
    provider = models.CharField(max_length=255)
    used_slots = models.JSONField(default=list)
    reserved_slots = models.JSONField(default=list)
    # The provider said "slow down": nobody goes before this, and how often it was said in a row.
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    consecutive_429s = models.PositiveSmallIntegerField(default=0)
    # How many it took within the window before it said so, and since when that is believed.
    learned_limit = models.PositiveIntegerField(null=True)
    learned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "kind"), name="rate_once_a_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} at {self.provider}"
