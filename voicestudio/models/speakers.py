"""Speakers: the people whose voices are cloned."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .studio import Studio
from .team_queryset import TeamQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class SpeakerQuerySet(TeamQuerySet["Speaker"]):
    """Speakers by name."""

    def get_or_add(self, name: str, *, by: "User") -> "Speaker":
        """The newest speaker of this name, or a new one."""
        same = self.filter(name=name).order_by("-pk")
        if speaker := same.first():
            return speaker
        with transaction.atomic():
            Studio.lock()  # so that two requests for one new name add one speaker
            return same.first() or self.create(name=name, created_by=by)


class Speaker(models.Model):
    """A person, known to the team by a name; two people may share one."""

    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # The attempt that was pinned as the best of this speaker's attempts.
    best_attempt = models.ForeignKey(
        "CloneAttempt", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        indexes = (models.Index(fields=("name", "id"), name="speaker_by_name"),)
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="speaker_has_a_name"),
        )

    def __str__(self) -> str:
        return self.name
