"""Rate limits: the slots that all workers share, to stay within the provider's limits."""

from django.db import models


class CallKind(models.TextChoices):
    """The kinds of calls that the provider limits separately."""

    CLONE = "clone", "clone"
    SPEECH = "speech", "speech"


class RateLimit(models.Model):
    """The slots of one kind of call at one provider; locked while a slot is reserved.

    Times in the lists are seconds since 1970, oldest first.
    """

    kind = models.CharField(max_length=8, choices=CallKind)
    provider = models.CharField(max_length=255)
    used_slots = models.JSONField(default=list)
    reserved_slots = models.JSONField(default=list)
    # After "slow down" from the provider no call is sent until `paused_until`.
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    consecutive_429s = models.PositiveSmallIntegerField(default=0)
    # How many calls the provider accepted in the window before that, and since when this counts.
    learned_limit = models.PositiveIntegerField(null=True)
    learned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "kind"), name="rate_once_a_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} at {self.provider}"
