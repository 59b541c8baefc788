"""Projects: in which one a person makes something."""

from typing import TYPE_CHECKING

from voicestudio.models import Action, Person, Project, access_of

from .permissions import NotAllowed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.projects import ProjectQuerySet


def list_allowed(person: "User", action: Action) -> "ProjectQuerySet":
    """The projects in which this person may do it, archived ones never."""
    pks = access_of(person).projects(action)
    projects = Project.objects.open()
    return projects if pks is None else projects.filter(pk__in=pks)


def default_for(person: "User", action: Action = Action.UPLOAD) -> Project:
    """The project in which the person makes something unless another one is chosen.

    The one in use if it may be done there, else the oldest in which it may. Raises `NotAllowed` if
    there is none.
    """
    Project.first()  # there is one, even in an empty database
    allowed = list_allowed(person, action)
    in_use = Person.objects.filter(user=person).values("project")
    project = allowed.filter(pk__in=in_use).first() or allowed.order_by("pk").first()
    if project is None:
        raise NotAllowed(action)
    return project
