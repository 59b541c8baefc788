"""Access to the example team: administrators, in practice mode only."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from voicestudio.models import Action, Project
from voicestudio.services.permissions import require

if TYPE_CHECKING:
    from django.db.models import QuerySet


class PracticeOnly(PermissionDenied):
    """There is no example team where MiniMax itself answers."""


def require_practice(by: User) -> None:
    """Raise `PracticeOnly` outside practice mode, and `NotAllowed` for all but administrators."""
    if not settings.PRACTICE_MODE:
        raise PracticeOnly
    require(by, Action.MANAGE_PEOPLE)


def example_people() -> "QuerySet[User]":
    """The people of the team; also those who had to stay when it was removed, deactivated."""
    return User.objects.select_related("person").filter(person__is_example=True)


def is_shown() -> bool:
    """Whether there is an example team, or something of it."""
    people = example_people().filter(is_active=True)
    return Project.objects.examples().exists() or people.exists()
