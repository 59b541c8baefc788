"""Speakers: the people whose voices are cloned."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class SpeakerQuerySet(models.QuerySet["Speaker"]):
    """Speakers by who may see them."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every speaker; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()


class Speaker(models.Model):
    """One person, known to the team by a name."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # The attempt that somebody pinned as the best of this person's voices.
    best_attempt = models.ForeignKey(
        "CloneAttempt", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="speaker_has_a_name"),
        )

    def __str__(self) -> str:
        return self.name
