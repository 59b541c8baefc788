"""Words, people: roles in the studio, and why an account can't be changed."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

# By the values of `models.permissions.RoleName`.
STUDIO_ROLES: Final = {"administrator": _("Administrator"), "auditor": _("Auditor")}
LAST_ADMINISTRATOR: Final = Message(
    _("This is the last administrator, so the studio needs this account."),
    _("Make another person an administrator first."),
)
IS_DEACTIVATED: Final = Message(_("This account is deactivated."), _("Reactivate it first."))
