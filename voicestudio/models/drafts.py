"""Drafts: forms that were sent after the sign-in had expired, and sign-ins that accept none."""

from django.conf import settings
from django.db import models

from voicestudio.models import clock


class Draft(models.Model):
    """A form as it was sent; `place` names the form, `too_large` means a file was left out."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=100)
    answers = models.JSONField(default=dict)
    too_large = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=clock.now)
    # When it was handed back: it is never handed back again, and is deleted with its files.
    taken_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.place} of {self.owner_id}"


class DraftFile(models.Model):
    """An uploaded file of a draft, not checked yet: its field in the form, and its name."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    field = models.CharField(max_length=100)
    name = models.TextField()
    content = models.FileField(upload_to="drafts/%Y/%m", max_length=255)
    bytes = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class EndedSignIn(models.Model):
    """A sign-in that was ended on purpose: no draft of it is accepted any more."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Names the session without revealing its key.
    sign_in = models.CharField(max_length=40)
    ended_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "sign_in"], name="ended_sign_in_once"),
        )

    def __str__(self) -> str:
        return f"{self.sign_in} of {self.owner_id}"
