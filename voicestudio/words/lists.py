"""Words, lists: the names of columns, how many rows a list has, and why a filter was not saved."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

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
    "audit": {"address": _("IP address"), "project": _("Project")},
    "people": {"sign_in": _("Last sign-in"), "factor": _("Second factor")},
}

# By list: how many rows it has; `total` may end in a "+".
TOTALS: Final = {
    "history": ngettext_lazy("%(total)s attempt", "%(total)s attempts", "number"),
    "voices": ngettext_lazy("%(total)s voice", "%(total)s voices", "number"),
    "recordings": ngettext_lazy("%(total)s recording", "%(total)s recordings", "number"),
    "audit": ngettext_lazy("%(total)s entry", "%(total)s entries", "number"),
    "people": ngettext_lazy("%(total)s person", "%(total)s people", "number"),
    "projects": ngettext_lazy("%(total)s project", "%(total)s projects", "number"),
}

TOO_MANY_FILTERS: Final = Message(
    _("You have saved twelve filters for this list, which is the most."), _("Delete one first.")
)
FILTER_TOO_LONG: Final = Message(
    _("This filter is too long to be saved."), _("Shorten its search, then save it again.")
)
