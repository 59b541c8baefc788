"""Words, lists: the names of columns, and why a filter was not saved."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

# By list: what a row shows beside name and state, by the `data-column` of the elements.
COLUMNS: Final = {
    "history": {
        "voice_id": _("Voice ID"),
        "changes": _("Changes"),
        "when": _("Date"),
        "person": _("Person"),
        "project": _("Project"),
    },
    "voices": {
        "voice_id": _("Voice ID"),
        "tags": _("Tags and notes"),
        "used": _("Last used"),
        "cost": _("Costs"),
        "person": _("Person"),
        "project": _("Project"),
    },
    "recordings": {
        "size": _("Size"),
        "origin": _("Source"),
        "uses": _("Used by"),
        "person": _("Person"),
        "when": _("Date"),
        "project": _("Project"),
    },
}

TOO_MANY_FILTERS: Final = Message(
    _("You have saved twelve filters for this list, which is the most."), _("Delete one first.")
)
