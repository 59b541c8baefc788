"""Projects: in which one a person makes something."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Q

from voicestudio.models import Action, Membership, Project, access_of

from .permissions import NotAllowed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.projects import ProjectQuerySet


def list_allowed(person: "User", action: Action) -> "ProjectQuerySet":
    """The projects in which this person may do it, archived ones never."""
    pks = access_of(person).projects(action)
    projects = Project.objects.open()
    return projects if pks is None else projects.filter(pk__in=pks)


def list_colleagues(person: "User", most: int) -> list[tuple[int, str]]:
    """The ids and names of the people whose requests a person may see.

    Those of the same projects and administrators; everyone for those who see all projects.
    """
    people = get_user_model()._default_manager.order_by("username")
    pks = access_of(person).projects()
    if pks is not None:
        members = Membership.objects.filter(project__in=pks).values("person")
        people = people.filter(Q(pk__in=members) | Q(is_staff=True) | Q(pk=person.pk))
    return list(people.values_list("pk", "username")[:most])


def default_for(person: "User", action: Action = Action.UPLOAD) -> Project:
    """The project in which the person makes something unless another one is chosen.

    The one in use if it may be done there, else the oldest in which it may. Raises `NotAllowed` if
    there is none.
    """
    Project.first()  # there is one, even in an empty database
    allowed = list_allowed(person, action)
    in_use = access_of(person).in_use
    project = allowed.filter(pk=in_use).first() if in_use else None
    project = project or allowed.order_by("pk").first()
    if project is None:
        raise NotAllowed(action)
    return project
