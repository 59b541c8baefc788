"""Words, example team: its texts in the studio, and why it can't be made or removed now."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

CALL_UNDER_WAY: Final = Message(
    _("A paid call in an example project is under way."), _("Wait until it has finished.")
)
NO_OTHER_PROJECT: Final = Message(
    _("The studio needs one open project besides the examples."),
    _("Open another project again, or add one, then remove the team."),
)
FILES_NOT_DELETED: Final = Message(
    _("Some files of the example team can't be deleted at the moment."),
    _("Its projects are read-only until it is removed. Try again."),
)
OWN_ACCOUNT: Final = Message(
    _("An example person has no account to change."),
    _("Go back to yourself first: the button is at the top of every page of the studio."),
)
IS_EXAMPLE: Final = Message(
    _("Nobody signs in as an example person."), _("Look at the studio as this person instead.")
)
