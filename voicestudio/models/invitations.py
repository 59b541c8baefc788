"""Invitations: who may make an account, with which roles, and until when."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .addresses import fold_address

VALID_FOR: Final = timedelta(days=7)


def in_seven_days() -> datetime:
    """When an invitation that is made now expires."""
    return clock.now() + VALID_FOR


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def open(self) -> "InvitationQuerySet":
        """Those that can be accepted now."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=clock.now())

    def to(self, address: str) -> "InvitationQuerySet":
        """Those of these, a few, that are to this address in any case of its letters."""
        folded, rows = fold_address(address), self.values_list("pk", "address")
        return self.filter(pk__in=[pk for pk, other in rows if fold_address(other) == folded])


class Invitation(models.Model):
    """An invitation to one mail address; its link holds a token that is stored nowhere."""

    address = models.EmailField(_("mail address"))
    # SHA-256 of the token, so that nothing in the database or a backup of it can be accepted.
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    # Project ID (as text, since JSON has no other keys) -> role.
    roles = models.JSONField(default=dict, blank=True)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    is_auditor = models.BooleanField(_("auditor"), default=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(default=in_seven_days)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return self.address
