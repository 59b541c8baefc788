"""Words, hints: what a person reads at the first visit, by what they may do."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_HINTS: Final = 3


class Hint(NamedTuple):
    """A title and a sentence, for those who may do `action` (`models.permissions.Action`)."""

    action: str
    title: str | Promise
    text: str | Promise


# The first three that a person may use are shown.
HINTS: Final = (
    Hint(
        "clone",
        _("Start with a good recording"),
        _("One person, a quiet room, one to two minutes. The check tells you what to improve."),
    ),
    Hint(
        "see",
        _("Listen first"),
        _("Press play in any row. Each new voice has a short preview, spoken by MiniMax."),
    ),
    Hint(
        "keep",
        _("Keep a voice within 7 days"),
        _("MiniMax deletes a voice that is never used. This page reminds you in time."),
    ),
    Hint(
        "note",
        _("Say what you hear"),
        _("Write notes on voices, recordings and clone attempts. Your project reads them."),
    ),
    Hint(
        "see",
        _("Look back in the history"),
        _("It shows who requested which voice, from which recording, and what came of it."),
    ),
    Hint("see", _("Use the keyboard"), _("Press ? to see the keys that move, play and open.")),
)
