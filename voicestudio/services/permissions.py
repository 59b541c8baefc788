"""Permissions: whether a person may do something; the table is in `models.permissions`."""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from voicestudio.models import Action, Project, access_of
from voicestudio.words import Message
from voicestudio.words.permissions import ARCHIVED, message_for_action

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class NotAllowed(PermissionDenied):
    """The person may not do this; `message` says so, and who may."""

    def __init__(
        self, action: Action, *, project: int | None = None, is_archived: bool = False
    ) -> None:
        super().__init__(f"not allowed: {action}")
        self.action, self.project = action, project
        self.message: Message = ARCHIVED if is_archived else message_for_action(action)


def may(
    person: "AbstractBaseUser | AnonymousUser", action: Action, project: int | None = None
) -> bool:
    """Whether this person may do it in the project of this id; without one, in any project."""
    return access_of(person).allows(action, project)


def sees_studio_costs(person: "AbstractBaseUser | AnonymousUser") -> bool:
    """Whether this person sees what the whole studio spends, or the costs of every project."""
    if may(person, Action.SEE_STUDIO_COSTS):
        return True
    seen = access_of(person).projects(Action.SEE_COSTS) or []
    return bool(seen) and not Project.objects.exclude(pk__in=seen).exists()


def require(
    person: "AbstractBaseUser | AnonymousUser", action: Action, project: int | None = None
) -> None:
    """Raise `NotAllowed` unless this person may do it; parameters as of `may`."""
    if not may(person, action, project):
        is_archived = access_of(person).is_archived(project)
        raise NotAllowed(action, project=project, is_archived=is_archived)
