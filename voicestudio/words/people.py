"""Words, people: why an account can't be changed."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

LAST_ADMINISTRATOR: Final = Message(
    _("This is the last administrator, so the studio needs this account."),
    _("Make another person an administrator first."),
)
IS_DEACTIVATED: Final = Message(_("This account is deactivated."), _("Reactivate it first."))
