"""Looks: an administrator sees the studio as a person of the example team does.

The administrator stays the one who is signed in. So signing out, losing the role or being
deactivated ends the look as well, and an example person never has a session.
"""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from voicestudio.models import Action, Role, Verb, access_of
from voicestudio.models import is_example as is_example_person
from voicestudio.services.audit import record
from voicestudio.services.permissions import NotAllowed, may
from voicestudio.words.people import STUDIO_ROLES

from .access import example_people, require_practice


def find_person(pk: int, *, looker: User) -> User | None:
    """The example person of this id, if `looker` may look at the studio as one."""
    if not (settings.PRACTICE_MODE and may(looker, Action.MANAGE_PEOPLE)):
        return None
    return example_people().filter(pk=pk, is_active=True).first()


def start_look(person: User, *, by: User) -> None:
    """Say in the audit trail that `by` looks at the studio as this example person.

    Raises `NotAllowed` for anyone else, and `PracticeOnly`.
    """
    require_practice(by)
    if not (is_example_person(person) and person.is_active):
        raise NotAllowed(Action.MANAGE_PEOPLE)
    with transaction.atomic():
        record(Verb.LOOK_STARTED, by=by, on=person)


def end_look(person: User, *, by: User) -> None:
    """Say in the audit trail that `by` is back."""
    require_practice(by)
    with transaction.atomic():
        record(Verb.LOOK_ENDED, by=by, on=person)


def role_names(person: User) -> list[str]:
    """What an example person is: in the studio, else in the projects, each role once."""
    access = access_of(person)
    if access.studio_role is not None:
        return [str(STUDIO_ROLES[access.studio_role])]
    found = {grant.role.value for grant in access.grants.values()}
    return [str(role.label) for role in Role if role in found]
