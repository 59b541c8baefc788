"""Provider files: under which `file_id` an account at the provider knows a recording."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .recordings import AudioFile


class ProviderFileQuerySet(models.QuerySet["ProviderFile"]):
    """Uploads by whether the provider still has them."""

    def living(self) -> Self:
        """Uploads that have not been deleted at the provider."""
        return self.filter(deleted_at__isnull=True)


class ProviderFile(models.Model):
    """One upload of a recording.

    A `file_id` of one account means nothing to another one. It is not unique within an account,
    because the provider may give the same content the same id.
    """

    recording = models.ForeignKey(
        AudioFile, on_delete=models.CASCADE, related_name="provider_files"
    )
    account = models.CharField(max_length=255)
    file_id = models.BigIntegerField()
    uploaded_at = models.DateTimeField(default=clock.now)
    # Deleted at the provider, or no longer known there.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ProviderFileQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("file at MiniMax")
        verbose_name_plural = _("files at MiniMax")
        indexes = (models.Index(fields=("account", "file_id"), name="provider_file_by_file_id"),)
        constraints = (
            models.CheckConstraint(condition=~Q(account=""), name="provider_file_has_account"),
            models.UniqueConstraint(
                fields=("recording", "account"),
                condition=Q(deleted_at__isnull=True),
                name="provider_file_once_an_account",
            ),
        )

    def __str__(self) -> str:
        return f"{self.file_id} at {self.account}"
