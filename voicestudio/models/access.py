"""Access: in which projects a person has which role, and what the table of permissions makes of it.

Read once for each user object, as Django reads its own permissions: a request loads its user anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.auth import get_user_model

from .compiled_query import CompiledQuery
from .permissions import ALLOWED, IF_DOWNLOADS, IN_STUDIO, READ_ONLY, Action, RoleName
from .projects import Project, is_read_only

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
    from django.db.models import QuerySet

_CACHE: Final = "_access"
_PROJECTS: Final = CompiledQuery(
    lambda _ids: Project.objects.values_list("pk", "name", "colour", "archived_at", "is_example")
)


class ProjectLabel(NamedTuple):
    """What lists show of a project."""

    pk: int
    name: str
    colour: str
    is_archived: bool


class Grant(NamedTuple):
    """The role of a person in a project, and what the project says about it."""

    role: RoleName
    label: ProjectLabel
    downloads: bool

    @property
    def is_archived(self) -> bool:
        """Whether everything in the project is read-only."""
        return self.label.is_archived

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

    @property
    def sees_several(self) -> bool:
        """Whether there is a project to choose; pages of a team of one show nothing of projects."""
        return len(self.labels) > 1

    @cached_property
    def labels(self) -> Mapping[int, ProjectLabel]:
        """The projects that the person sees, by their ids and in the order of their names.

        A role in the studio does not name them, so that one takes a query.
        """
        if self.studio_role is None:
            found = [grant.label for grant in self.grants.values()]
        else:
            found = [_label(*values) for values in _PROJECTS.rows()]
        found.sort(key=lambda label: (label.is_archived, label.name.casefold(), label.pk))
        return {label.pk: label for label in found}

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
            label = self.labels.get(project) if project is not None else None
            return label is not None and label.is_archived
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


def _label(
    pk: int, name: str, colour: str, archived_at: datetime | None, is_example: bool
) -> ProjectLabel:
    return ProjectLabel(pk, name, colour, is_read_only(archived_at, is_example))


@cache
def _facts() -> "QuerySet[User, Any]":
    """What `_read_access` reads, of all people; put together once, since every page needs it."""
    project = "memberships__project"
    facts: QuerySet[User, Any] = get_user_model()._default_manager.order_by().values_list(
        "person__is_auditor", "person__project", "memberships__role",
        f"{project}__reviewers_may_download", project, f"{project}__name", f"{project}__colour",
        f"{project}__archived_at", f"{project}__is_example",
    )  # fmt: skip
    return facts


def _read_access(user: Any) -> Access:
    if user.is_staff:
        # May do everything whatever the roles in projects are, so they are not read.
        person = getattr(user, "person", None)  # read with the user of a request
        return Access(RoleName.ADMINISTRATOR, in_use=person and person.project_id)
    is_auditor, in_use, grants = False, None, dict[int, Grant]()
    for auditor, used, role, downloads, pk, *values in _facts().filter(pk=user.pk):
        is_auditor, in_use = bool(auditor), used
        if pk is not None:
            grants[pk] = Grant(RoleName(role), _label(pk, *values), downloads)
    studio_role = RoleName.AUDITOR if is_auditor else None
    if studio_role is None and in_use not in grants:
        in_use = None  # a project of which the person is no member any more
    return Access(studio_role, grants, in_use)
