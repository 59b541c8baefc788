"""Words, shortcuts: what each key does; the dialog and the help list them from here."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Shortcut(NamedTuple):
    """Keys, and what they do for those who may do `action` (`models.permissions.Action`)."""

    keys: tuple[str | Promise, ...]
    text: str | Promise
    action: str = "see"


# As in static/js/shortcuts.js and static/js/palette.js.
SHORTCUTS: Final = (
    Shortcut(
        (pgettext_lazy("key", "Ctrl"), "K"),
        _("Find a speaker, voice, recording or page (⌘ K on a Mac)"),
    ),
    Shortcut(("/",), _("Search this list")),
    Shortcut(("j", "k"), _("Next row, previous row")),
    Shortcut(("x",), _("Select the row; with Shift, all rows from the last one")),
    Shortcut((pgettext_lazy("key", "Enter"),), _("Open the row")),
    Shortcut((pgettext_lazy("key", "Space"),), _("Play or pause")),
    Shortcut(("o",), _("Switch between the new voice and the original, on the page of an attempt")),
    Shortcut(("n",), _("New voice"), "clone"),
    Shortcut(("h", "v", "r"), _("History, voices, recordings")),
    Shortcut(("?",), _("This list")),
)
