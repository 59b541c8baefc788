"""Permissions: what a person reads who may not do something."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

_BY_MANAGER: Final = _("Ask a manager of the project or an administrator.")
_BY_ADMINISTRATOR: Final = _("Ask an administrator.")

ARCHIVED: Final = Message(
    _("This project is archived, so nothing in it can be changed."), _BY_ADMINISTRATOR
)
SECOND_FACTOR_MISSING: Final = Message(
    _("Your role needs a second factor."), _('Set one up under "My account" to go on.')
)

# By the values of `models.permissions.Action`.
_MESSAGES: Final = {
    "see": Message(_("You don't have access to this project."), _BY_MANAGER),
    "note": Message(_("You can't write notes in this project."), _BY_MANAGER),
    "download": Message(_("You can't download audio from this project."), _BY_MANAGER),
    "upload": Message(_("You can't add or change recordings in this project."), _BY_MANAGER),
    "clone": Message(_("You can't clone voices in this project."), _BY_MANAGER),
    "keep": Message(_("You can't keep voices in this project."), _BY_MANAGER),
    "speak": Message(_("You can't generate speech in this project."), _BY_MANAGER),
    "settle": Message(_("You can't change the outcome of calls in this project."), _BY_MANAGER),
    "manage_speakers": Message(_("You can't change speakers in this project."), _BY_MANAGER),
    "delete": Message(_("You can't delete anything in this project."), _BY_MANAGER),
    "see_costs": Message(_("You can't see the costs of this project."), _BY_MANAGER),
    "compare": Message(
        _("Only administrators and auditors see all voices of the MiniMax account."),
        _BY_ADMINISTRATOR,
    ),
    "import": Message(_("Only administrators import voices."), _BY_ADMINISTRATOR),
    "manage_people": Message(_("Only administrators manage people."), _BY_ADMINISTRATOR),
    "manage_projects": Message(_("Only administrators manage projects."), _BY_ADMINISTRATOR),
    "move_speakers": Message(
        _("Only administrators move speakers to another project."), _BY_ADMINISTRATOR
    ),
    "allow_more": Message(_("Only administrators raise the limit."), _BY_ADMINISTRATOR),
    "read_audit": Message(
        _("Only administrators and auditors read the audit trail."), _BY_ADMINISTRATOR
    ),
    "see_system": Message(_("Only administrators and auditors see the system."), _BY_ADMINISTRATOR),
    "see_styleguide": Message(_("Only administrators see the styleguide."), _BY_ADMINISTRATOR),
    "check_key": Message(_("Only administrators check the key."), _BY_ADMINISTRATOR),
    "end_hold": Message(
        _("Only administrators decide what a restored studio sends."), _BY_ADMINISTRATOR
    ),
    "manage_retention": Message(
        _("Only administrators decide how long things are kept."), _BY_ADMINISTRATOR
    ),
    "see_studio_costs": Message(
        _("Only administrators and auditors see the costs of the whole studio."), _BY_ADMINISTRATOR
    ),
}


def message_for_action(action: str) -> Message:
    """What to say to a person who may not do this, and whom to ask."""
    return _MESSAGES[action]
