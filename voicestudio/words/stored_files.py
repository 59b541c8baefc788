"""Words, stored files: what is wrong with a file, and what to do about it."""

from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message


class FileProblem(StrEnum):
    """How a file and its row disagree."""

    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    ORPHAN = "orphan"
    ORPHAN_AT_PROVIDER = "orphan_at_provider"


FILE_PROBLEMS: Final = {
    FileProblem.MISSING: Message(
        _("The file is missing."), _("Restore it from a back-up, or delete what it belongs to.")
    ),
    FileProblem.CHANGED: Message(
        _("The file isn't the one that was stored."),
        _("Restore it from a back-up and check the disk."),
    ),
    FileProblem.UNREADABLE: Message(
        _("The file can't be read."), _("Check the permissions of the folder, and the disk.")
    ),
    FileProblem.ORPHAN: Message(
        _("Nothing in the studio uses this file."),
        _("Look at it, then delete it with --delete-orphans."),
    ),
    FileProblem.ORPHAN_AT_PROVIDER: Message(
        _("Nothing in the studio uses this file at MiniMax."),
        _("Delete it with --provider --delete-orphans."),
    ),
}
