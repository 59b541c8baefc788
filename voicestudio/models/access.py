"""Access: in which projects a person has which role, and what the table of permissions makes of it.

Read once for each user object, as Django reads its own permissions: a request loads its user anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.auth import get_user_model

from .permissions import ALLOWED, IF_DOWNLOADS, IN_STUDIO, READ_ONLY, Action, RoleName
from .projects import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

_CACHE: Final = "_access"


class Grant(NamedTuple):
    """The role of a person in a project, and what the project says about it."""

    role: RoleName
    is_archived: bool
    downloads: bool

    def allows(self, action: Action) -> bool:
        """Whether this role may do it in this project."""
        if self.is_archived and action not in READ_ONLY:
            return False
        extra = IF_DOWNLOADS.get(action, frozenset()) if self.downloads else frozenset()
        return self.role in ALLOWED[action] | extra


@dataclass
class Access:
    """What one person may do: by the role in the studio and by the roles in projects."""

    studio_role: RoleName | None = None
    # By the id of the project.
    grants: Mapping[int, Grant] = field(default_factory=dict)
    # The id of the project in use; None for all that the person sees.
    in_use: int | None = None

    @cached_property
    def archived(self) -> frozenset[int]:
        """The ids of archived projects, of which a role in the studio knows nothing."""
        rows = Project.objects.filter(archived_at__isnull=False)
        return frozenset(rows.values_list("pk", flat=True))

    def allows(self, action: Action, project: int | None = None) -> bool:
        """Whether the person may do it in this project; without one, in any project."""
        if self.studio_role in ALLOWED[action]:
            reads = action in READ_ONLY or action in IN_STUDIO or project is None
            return reads or not self.is_archived(project)
        if action in IN_STUDIO:
            return False
        if project is None:
            return any(grant.allows(action) for grant in self.grants.values())
        grant = self.grants.get(project)
        return grant is not None and grant.allows(action)

    def is_archived(self, project: int | None) -> bool:
        """Whether this project is archived; False for one that the person does not see."""
        if self.studio_role is not None:
            return project in self.archived
        grant = self.grants.get(project) if project is not None else None
        return grant is not None and grant.is_archived

    def projects(self, action: Action = Action.SEE) -> list[int] | None:
        """The ids of the projects in which the person may do it; None for every project."""
        if self.studio_role in ALLOWED[action]:
            return None
        return sorted(pk for pk, grant in self.grants.items() if grant.allows(action))


NO_ACCESS: Final = Access()


def access_of(user: "AbstractBaseUser | AnonymousUser") -> Access:
    """What this user may do; nothing for inactive and anonymous ones. At most one query."""
    if not (user.is_authenticated and user.is_active):
        return NO_ACCESS
    known: Access | None = getattr(user, _CACHE, None)
    if known is None:
        known = _read_access(user)
        setattr(user, _CACHE, known)
    return known


def _read_access(user: Any) -> Access:
    rows = get_user_model().objects.filter(pk=user.pk).order_by()
    project = "memberships__project"
    facts = rows.values_list(
        "person__is_auditor", "person__project", project, "memberships__role",
        f"{project}__archived_at", f"{project}__reviewers_may_download",
    )  # fmt: skip
    is_auditor, in_use, grants = False, None, dict[int, Grant]()
    for auditor, used, pk, role, archived_at, downloads in facts:
        is_auditor, in_use = bool(auditor), used
        if pk is not None:
            grants[pk] = Grant(RoleName(role), archived_at is not None, downloads)
    studio_role = RoleName.AUDITOR if is_auditor else None
    if user.is_staff:
        studio_role = RoleName.ADMINISTRATOR
    if studio_role is None and in_use not in grants:
        in_use = None  # a project of which the person is no member any more
    return Access(studio_role, grants, in_use)
