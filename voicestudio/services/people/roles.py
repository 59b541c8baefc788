"""Roles: what a person is in the studio and in each project, changed by an administrator."""

import logging
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from voicestudio.models import Membership, Person, Project, Role, RoleName, Verb, is_example
from voicestudio.services import audit
from voicestudio.words.example_team import IS_EXAMPLE

from . import invitations
from .administrators import PersonRefused, keep_one, lock_person, lock_with_administrators
from .provider_roles import STUDIO, ProviderRoles

logger = logging.getLogger(__name__)

NO_ROLE = "none"


def studio_role(user: User) -> RoleName | None:
    """Administrator, auditor, or None for a person with roles in projects only."""
    if user.is_staff:
        return RoleName.ADMINISTRATOR
    person = getattr(user, "person", None)  # a user who never used it has no such row
    return RoleName.AUDITOR if person is not None and person.is_auditor else None


def set_studio_role(user: User, role: RoleName | None, *, by: User) -> None:
    """Make a person administrator, auditor, or neither.

    Raises `PersonRefused` if no administrator would be left, or if an example person would be one.
    """
    with transaction.atomic():
        row, administrators = lock_person(user, by=by)
        if role is RoleName.ADMINISTRATOR and is_example(row):
            raise PersonRefused(IS_EXAMPLE)
        before = studio_role(row)
        if before == role:
            return
        if role is not RoleName.ADMINISTRATOR:
            keep_one(row, administrators)
            invitations.revoke_all_of(user, by=by)
        _write_studio_role(user, role)
        _record(user, before, role, by=by)


def set_role(user: User, project: Project, role: Role | None, *, by: User) -> None:
    """Give a person this role in a project; None takes the person out of it."""
    with transaction.atomic():
        lock_person(user, by=by)
        _write_role(user, project, role, by=by)


def set_roles(user: User, wanted: Mapping[Project, Role | None], *, by: User) -> None:
    """Give a person these roles, each as `set_role` does, all or none."""
    with transaction.atomic():
        for project, role in wanted.items():
            set_role(user, project, role, by=by)


def set_provider_roles(user: User, wanted: ProviderRoles) -> None:
    """Give and take the roles that the OpenID provider decides; the last administrator stays one.

    The person is signing in, so the audit trail names that person as the one who did it.
    """
    with transaction.atomic():
        row, administrators = lock_with_administrators(user)
        if STUDIO in wanted.named:
            _set_provider_studio_role(user, row, wanted, administrators)
        for project in Project.objects.filter(pk__in=[pk for pk in wanted.named if pk]):
            before = _role_in(user, project)
            role = wanted.decide(project.pk, RoleName(before) if before else None)
            _write_role(user, project, Role(role) if role else None, by=user)


def _set_provider_studio_role(
    user: User, row: User, wanted: ProviderRoles, administrators: frozenset[int]
) -> None:
    before = studio_role(row)
    role = wanted.decide(STUDIO, before)
    if role == before:
        return
    if before is RoleName.ADMINISTRATOR:
        if administrators <= {row.pk}:
            logger.warning("OIDC_ROLES would demote the last administrator, %s.", row)
            return
        invitations.revoke_all_of(row, by=row)
    _write_studio_role(user, role)
    _record(user, before, role, by=user)


def _write_studio_role(user: User, role: RoleName | None) -> None:
    # Django's admin shows its pages to superusers.
    user.is_staff = user.is_superuser = role is RoleName.ADMINISTRATOR
    user.save(update_fields=["is_staff", "is_superuser"])
    Person.of(user)
    Person.objects.filter(user=user).update(is_auditor=role is RoleName.AUDITOR)


def _write_role(user: User, project: Project, role: Role | None, *, by: User) -> None:
    before = _role_in(user, project)
    if before == role:
        return
    if role is None:
        Membership.objects.filter(person=user, project=project).delete()
    else:
        Membership.objects.update_or_create(person=user, project=project, defaults={"role": role})
    _record(user, before, role, by=by, project=project.pk)


def _role_in(user: User, project: Project) -> str | None:
    roles = Membership.objects.filter(person=user, project=project).values_list("role", flat=True)
    return roles.first()


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
