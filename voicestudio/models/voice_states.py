"""The states of a voice, and how long the provider keeps a voice that is never used."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Source: provider.md, "Life and money": deleted after 7 days unless used in real speech.
UNUSED_LIFETIME: Final = timedelta(hours=168)


class VoiceState(models.TextChoices):
    """The state that staff read; computed from facts and clock, never stored."""

    TEMPORARY = "temporary", _("Temporary")
    KEPT = "kept", _("Kept")
    EXPIRED = "expired", _("Expired")
    DELETED = "deleted", pgettext_lazy("voice", "Deleted")
    UNKNOWN = "unknown", _("Outcome unknown")
    FROM_MINIMAX = "from_minimax", _("From MiniMax")


class Source(models.TextChoices):
    """Where a voice of this studio comes from."""

    CLONED = "cloned", _("cloned here")
    IMPORTED = "imported", _("imported from MiniMax")


# The columns that a voice's state is computed from, with its id: for rows that show the state only.
STATE_FIELDS: Final = (
    "voice_id", "created_at", "source", "uncertain", "kept_at", "missing_at", "deleted_at",
)  # fmt: skip
