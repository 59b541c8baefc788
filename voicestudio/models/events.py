"""Events: who did what to a voice or an attempt, when, and with which note; and daily reminders."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .attempts import CloneAttempt
from .speakers import Speaker
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
    RENAMED = "renamed", _("Speaker renamed")
    MERGED = "merged", _("Speakers merged")
    MOVED = "moved", _("Moved to another project")
    BILL_DIFFERS = "bill", _("Another number of characters billed")


class Event(models.Model):
    """One event. `facts` are codes and values that templates turn into words."""

    kind = models.CharField(max_length=12, choices=EventKind)
    at = models.DateTimeField(default=clock.now)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
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
    # Of events about the speaker as a whole. `facts["previous"]` is the former name, and
    # `facts["merged"]` the ID of a speaker who was merged into this one. Of a move,
    # `facts["source"]` and `facts["target"]` are the IDs of the projects.
    speaker = models.ForeignKey(
        Speaker, on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )
    note = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.kind


class Reminder(models.Model):
    """The email of one day about voices that expire soon; at most one a day.

    `claimed_at` is set while a process sends it, `failed_at` when the mail server refused it.
    """

    day = models.DateField(unique=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    voices = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-day",)

    def __str__(self) -> str:
        return str(self.day)
