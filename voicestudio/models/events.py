"""Events: what was done about a voice or an attempt, by whom and when, with a note."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .attempts import CloneAttempt
from .speeches import Speech
from .voices import Voice


class EventKind(models.TextChoices):
    """The kinds of events."""

    CLONED = "cloned", _("Cloned")
    KEPT = "kept", _("Kept")
    REMINDER_DISMISSED = "dismissed", _("Reminder dismissed")
    MISSING = "missing", _("No longer known to MiniMax")
    IMPORTED = "imported", _("Imported from MiniMax")
    CHECKED = "checked", _("Checked with MiniMax")
    SETTLED = "settled", _("Settled by hand")
    NOTED = "noted", _("Notes changed")
    DELETED = "deleted", _("Deleted at MiniMax")
    REBUILT = "rebuilt", _("Rebuilt")
    PINNED = "pinned", _("Pinned as best")
    ALLOWED = "allowed", _("Limit raised")


class Event(models.Model):
    """One event. `facts` are codes and values that templates turn into words."""

    kind = models.CharField(max_length=12, choices=EventKind)
    at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    voice = models.ForeignKey(
        Voice, on_delete=models.SET_NULL, related_name="events", null=True, blank=True
    )
    attempt = models.ForeignKey(
        CloneAttempt, on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )
    speech = models.ForeignKey(
        Speech, on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )
    note = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.kind


class Reminder(models.Model):
    """The message of one day about what will expire: there is at most one."""

    day = models.DateField(unique=True)
    sent_at = models.DateTimeField(default=timezone.now)
    voices = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-day",)

    def __str__(self) -> str:
        return str(self.day)
