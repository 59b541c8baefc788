"""The states of a clone attempt."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AttemptState(models.TextChoices):
    """What staff read: `status` in the database and what the clock makes of it."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Uploading")
    CLONING = "cloning", _("Cloning")
    READY = "ready", pgettext_lazy("attempt", "Ready")
    FLAGGED = "flagged", pgettext_lazy("attempt", "Ready, flagged")
    STOPPED = "stopped", pgettext_lazy("attempt", "Stopped by MiniMax")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    INTERRUPTED = "interrupted", pgettext_lazy("attempt", "Interrupted")


# FLAGGED is no status of its own: it is READY with `input_sensitive`.
STATUSES: Final = tuple(state.value for state in AttemptState if state is not AttemptState.FLAGGED)
# A voice ID in one of these may exist, or come to exist, at the provider.
HOLDING_A_VOICE_ID: Final = (
    AttemptState.WAITING.value,
    AttemptState.SENDING.value,
    AttemptState.CLONING.value,
    AttemptState.UNKNOWN.value,
)
