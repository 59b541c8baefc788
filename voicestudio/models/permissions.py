"""Permissions: the one table of who may do what.

Services ask it through `services.permissions`, querysets through `access`. No other module has a
rule of its own about it.
"""

from enum import StrEnum
from typing import Final


class RoleName(StrEnum):
    """The roles in a project and, below, those in the studio."""

    MANAGER = "manager"
    REVIEWER = "reviewer"
    VIEWER = "viewer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What a person does; first in a project, then in the studio."""

    SEE = "see"  # and listen
    NOTE = "note"  # notes, tags, mark as heard, dismiss a reminder
    DOWNLOAD = "download"
    UPLOAD = "upload"  # upload, record, cut, clean, check or rename a recording
    CLONE = "clone"
    KEEP = "keep"
    SPEAK = "speak"
    SETTLE = "settle"  # find out or record an outcome, fetch audio again
    MANAGE_SPEAKERS = "manage_speakers"  # rename, merge, pin
    DELETE = "delete"
    SEE_COSTS = "see_costs"

    COMPARE = "compare"  # the voices of the MiniMax account
    IMPORT = "import"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_PROJECTS = "manage_projects"
    MOVE_SPEAKERS = "move_speakers"
    ALLOW_MORE = "allow_more"
    READ_AUDIT = "read_audit"
    SEE_STUDIO_COSTS = "see_studio_costs"
    SEE_SYSTEM = "see_system"
    SEE_STYLEGUIDE = "see_styleguide"
    CHECK_KEY = "check_key"
    END_HOLD = "end_hold"  # of a restored studio, and decide about the calls that waited
    MANAGE_RETENTION = "manage_retention"  # rules, and deletion of what is due in all projects


_EVERYBODY: Final = frozenset(RoleName)
_READERS: Final = frozenset({RoleName.ADMINISTRATOR, RoleName.AUDITOR})
_ADMINISTRATORS: Final = frozenset({RoleName.ADMINISTRATOR})
_MANAGERS: Final = frozenset({RoleName.MANAGER, RoleName.ADMINISTRATOR})

ALLOWED: Final[dict[Action, frozenset[RoleName]]] = {
    Action.SEE: _EVERYBODY,
    Action.NOTE: _MANAGERS | {RoleName.REVIEWER},
    Action.DOWNLOAD: _MANAGERS | {RoleName.AUDITOR},
    Action.UPLOAD: _MANAGERS,
    Action.CLONE: _MANAGERS,
    Action.KEEP: _MANAGERS,
    Action.SPEAK: _MANAGERS,
    Action.SETTLE: _MANAGERS,
    Action.MANAGE_SPEAKERS: _MANAGERS,
    Action.DELETE: _MANAGERS,
    Action.SEE_COSTS: _MANAGERS | {RoleName.AUDITOR},
    Action.COMPARE: _READERS,
    Action.IMPORT: _ADMINISTRATORS,
    Action.MANAGE_PEOPLE: _ADMINISTRATORS,
    Action.MANAGE_PROJECTS: _ADMINISTRATORS,
    Action.MOVE_SPEAKERS: _ADMINISTRATORS,
    Action.ALLOW_MORE: _ADMINISTRATORS,
    Action.READ_AUDIT: _READERS,
    Action.SEE_STUDIO_COSTS: _READERS,
    Action.SEE_SYSTEM: _READERS,
    Action.SEE_STYLEGUIDE: _ADMINISTRATORS,
    Action.CHECK_KEY: _ADMINISTRATORS,
    Action.END_HOLD: _ADMINISTRATORS,
    Action.MANAGE_RETENTION: _ADMINISTRATORS,
}
# What a project allows these roles besides, if its `reviewers_may_download` is set.
IF_DOWNLOADS: Final = {Action.DOWNLOAD: frozenset({RoleName.REVIEWER})}
# All that is left in an archived project.
READ_ONLY: Final = frozenset({Action.SEE, Action.DOWNLOAD, Action.SEE_COSTS})
# Decided by the role in the studio alone, whatever the project.
IN_STUDIO: Final = frozenset(
    {
        Action.COMPARE, Action.IMPORT, Action.MANAGE_PEOPLE, Action.MANAGE_PROJECTS,
        Action.MOVE_SPEAKERS, Action.ALLOW_MORE, Action.READ_AUDIT, Action.SEE_STUDIO_COSTS,
        Action.SEE_SYSTEM, Action.SEE_STYLEGUIDE, Action.CHECK_KEY, Action.END_HOLD,
        Action.MANAGE_RETENTION,
    }
)  # fmt: skip
