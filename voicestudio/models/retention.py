"""Retention: how long each kind of thing is kept, and whether the worker deletes it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_DAYS: Final = 36_500
# A rule that was switched on or changed waits so long: what is due can be looked at, and a wrong
# number corrected, before anything goes.
GRACE: Final = timedelta(days=1)


class RetentionKind(models.TextChoices):
    """What a rule is about."""

    RECORDINGS = "recordings", _("Recordings")
    SPEECHES = "speeches", _("Generated speech")
    DRAFTS = "drafts", _("Drafts of forms")
    ANSWERS = "answers", _("MiniMax's raw responses")


# A rule that was never changed. Other kinds are kept for ever.
AS_INSTALLED: Final[dict[str, dict[str, Any]]] = {
    RetentionKind.DRAFTS: {"days": 3, "is_automatic": True}
}


class RetentionRule(models.Model):
    """How many days one kind of thing is kept; None is for ever."""

    kind = models.CharField(max_length=12, choices=RetentionKind, unique=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    # Whether the worker deletes what is due; otherwise it is only listed.
    is_automatic = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    # When a worker may look next for what is due; one worker at a time takes a look.
    next_look_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("retention rule")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=RetentionKind.values), name="retention_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(days=None) | Q(days__gte=1), name="retention_a_day_at_least"
            ),
            models.CheckConstraint(
                condition=Q(is_automatic=False) | Q(days__isnull=False),
                name="retention_automatic_needs_days",
            ),
        )

    def __str__(self) -> str:
        return self.kind

    @classmethod
    def of(cls, kind: str) -> "RetentionRule":
        """The rule of this kind; written at first use."""
        found = cls._default_manager.get_or_create(kind=kind, defaults=AS_INSTALLED.get(kind, {}))
        return found[0]

    @property
    def kind_label(self) -> str:
        """The name of the kind."""
        return str(RetentionKind(self.kind).label)

    @property
    def starts_at(self) -> "datetime | None":
        """When the worker begins to delete after a change; None if it does now, or never does."""
        if not self.is_automatic or self.changed_at is None:
            return None
        start = self.changed_at + GRACE
        return start if start > clock.now() else None

    def cutoff(self) -> "datetime | None":
        """What is older than this is due, at this moment; None if nothing ever is."""
        return None if self.days is None else clock.now() - timedelta(days=self.days)
