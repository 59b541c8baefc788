"""Roles: what a person is in the studio and in each project, changed by an administrator."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from voicestudio.models import Membership, Person, Project, Role, RoleName, Verb
from voicestudio.services import audit

from . import invitations
from .administrators import keep_one, lock_person

NO_ROLE = "none"


def studio_role(user: User) -> RoleName | None:
    """Administrator, auditor, or None for a person with roles in projects only."""
    if user.is_staff:
        return RoleName.ADMINISTRATOR
    person = getattr(user, "person", None)  # a user who never used it has no such row
    return RoleName.AUDITOR if person is not None and person.is_auditor else None


def set_studio_role(user: User, role: RoleName | None, *, by: User) -> None:
    """Make a person administrator, auditor, or neither.

    Raises `PersonRefused` if no administrator would be left.
    """
    with transaction.atomic():
        row, administrators = lock_person(user, by=by)
        before = studio_role(row)
        if before == role:
            return
        if role is not RoleName.ADMINISTRATOR:
            keep_one(row, administrators)
            invitations.revoke_all_of(user, by=by)
        # Django's admin shows its pages to superusers.
        user.is_staff = user.is_superuser = role is RoleName.ADMINISTRATOR
        user.save(update_fields=["is_staff", "is_superuser"])
        Person.of(user)
        Person.objects.filter(user=user).update(is_auditor=role is RoleName.AUDITOR)
        _record(user, before, role, by=by)


def set_role(user: User, project: Project, role: Role | None, *, by: User) -> None:
    """Give a person this role in a project; None takes the person out of it."""
    with transaction.atomic():
        lock_person(user, by=by)
        membership = Membership.objects.filter(person=user, project=project)
        before = membership.values_list("role", flat=True).first()
        if before == role:
            return
        if role is None:
            membership.delete()
        else:
            Membership.objects.update_or_create(
                person=user, project=project, defaults={"role": role}
            )
        _record(user, before, role, by=by, project=project.pk)


def set_roles(user: User, wanted: Mapping[Project, Role | None], *, by: User) -> None:
    """Give a person these roles, each as `set_role` does, all or none."""
    with transaction.atomic():
        for project, role in wanted.items():
            set_role(user, project, role, by=by)


def _record(
    user: User, before: str | None, after: str | None, *, by: User, project: int | None = None
) -> None:
    audit.record(
        Verb.ROLE_CHANGED,
        by=by,
        on=user,
        project=project,
        before=before or NO_ROLE,
        after=after or NO_ROLE,
    )
