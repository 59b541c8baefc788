"""Voices: what exists at the provider under a `voice_id`."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .speakers import Speaker

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class VoiceQuerySet(models.QuerySet["Voice"]):
    """Voices by who may see them and whether they live."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every voice; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def living(self) -> Self:
        """Those that we have not deleted."""
        return self.filter(deleted_at__isnull=True)

    def with_voice_id(self, provider: str, voice_id: str) -> Self:
        """Those that have this ID at `provider`, in capitals or not."""
        rows = self.alias(lowered=Lower("voice_id")).filter(lowered=voice_id.lower())
        return rows.filter(provider=provider)


class Voice(models.Model):
    """One cloned voice. The attempt that made it is `voice.attempt`."""

    voice_id = models.CharField(_("voice ID"), max_length=256)
    provider = models.CharField(max_length=255)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="voices")
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = VoiceQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("voice")
        verbose_name_plural = _("voices")
        indexes = (models.Index(Lower("voice_id"), name="voice_by_voice_id"),)
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "voice_id"),
                condition=Q(deleted_at__isnull=True),
                name="voice_id_once_among_living",
            ),
            models.CheckConstraint(condition=~Q(voice_id=""), name="voice_has_an_id"),
        )

    def __str__(self) -> str:
        return self.voice_id
