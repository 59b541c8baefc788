"""Terms: the states of a voice, and how long the provider keeps one that never speaks."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

# Source: provider.md, "Life and money": deleted after 7 days unless used in real speech.
UNUSED_LIFETIME: Final = timedelta(hours=168)


class VoiceState(models.TextChoices):
    """What staff read of a voice; nothing of it is written anywhere."""

    TEMPORARY = "temporary", _("Temporary")
    KEPT = "kept", _("Kept")
    EXPIRED = "expired", _("Expired")
    DELETED = "deleted", _("Deleted")
    UNKNOWN = "unknown", _("Outcome unknown")
    FROM_MINIMAX = "from_minimax", _("From MiniMax")


class Source(models.TextChoices):
    """How a voice came into our ledger."""

    CLONED = "cloned", _("cloned here")
    IMPORTED = "imported", _("imported from MiniMax")
