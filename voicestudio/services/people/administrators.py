"""Administrators: who they are while they are changed, and that one is always left."""

from django.contrib.auth.models import User
from django.db.models import Q

from voicestudio.models import Action
from voicestudio.services.permissions import NotAllowed, require
from voicestudio.words import Message
from voicestudio.words.people import LAST_ADMINISTRATOR


class PersonRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """The account can't be changed like this; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def lock_person(person: User, *, by: User) -> tuple[User, frozenset[int]]:
    """Lock a person and all active administrators; return the row and the administrators' ids.

    Two administrators who demote each other at once come here one after the other, and the second
    one is no administrator any more. Raises `NotAllowed`.
    """
    require(by, Action.MANAGE_PEOPLE)
    row, administrators = lock_with_administrators(person)
    if by.pk not in administrators:
        raise NotAllowed(Action.MANAGE_PEOPLE)
    return row, administrators


def lock_with_administrators(person: User) -> tuple[User, frozenset[int]]:
    """Lock a person and all active administrators, as `lock_person` does, for no administrator."""
    locked = User.objects.select_for_update().order_by("pk")
    administrator = Q(is_staff=True, is_active=True)
    rows = {row.pk: row for row in locked.filter(administrator | Q(pk=person.pk))}
    administrators = frozenset(pk for pk, row in rows.items() if row.is_staff and row.is_active)
    return rows[person.pk], administrators


def message_if_last(person: User) -> Message | None:
    """Why this person can't be deactivated: no administrator would be left."""
    if not (person.is_staff and person.is_active):
        return None
    others = User.objects.filter(is_staff=True, is_active=True).exclude(pk=person.pk)
    return None if others.exists() else LAST_ADMINISTRATOR


def keep_one(person: User, administrators: frozenset[int]) -> None:
    """Raise `PersonRefused` if this person is the last of these administrators."""
    if administrators == {person.pk}:
        raise PersonRefused(LAST_ADMINISTRATOR)
