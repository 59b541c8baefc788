"""Invitations: made by an administrator, accepted once by a link, for one mail address."""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from voicestudio.models import (
    Action,
    Invitation,
    Membership,
    Person,
    Project,
    Role,
    Verb,
    clock,
    display_name,
    select_address,
)
from voicestudio.models.invitations import InvitationQuerySet
from voicestudio.services import audit
from voicestudio.services.permissions import may, require
from voicestudio.words.people import IS_DEACTIVATED

from .administrators import PersonRefused, lock_person, lock_with_administrators

logger = logging.getLogger(__name__)

HIGHEST_FIRST: Final = (Role.MANAGER, Role.REVIEWER, Role.VIEWER)


class InvitationClosed(Exception):  # noqa: N818 - an answer, not a mistake
    """The invitation was used, revoked or has expired, or its maker may no longer invite."""


class UsernameTaken(Exception):  # noqa: N818 - an answer, not a mistake
    """Another account has this username in some case of its letters, perhaps since a moment ago."""


class NewInvitation(NamedTuple):
    """An invitation, and the token of its link, which can't be read again."""

    invitation: Invitation
    token: str


def invite(
    address: str,
    *,
    by: User,
    roles: Mapping[int, Role],
    is_administrator: bool = False,
    is_auditor: bool = False,
) -> NewInvitation:
    """Make an invitation with roles by project; an open one to the same address is revoked.

    Raises ValueError for an administrator who would be an auditor too, and PersonRefused for the
    address of a deactivated account, which could not accept.
    """
    if is_administrator and is_auditor:
        raise ValueError("a person is administrator or auditor, not both")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        lock_person(by, by=by)  # so that no invitation is made while its maker is deactivated
        accounts = select_address(User.objects.all(), address)
        if accounts and not any(account.is_active for account in accounts):
            raise PersonRefused(IS_DEACTIVATED)
        for earlier in Invitation.objects.open().to(address):
            revoke(earlier, by=by)
        invitation = Invitation.objects.create(
            address=address.lower(),
            token_hash=_hash(token),
            roles={str(project): str(role) for project, role in roles.items()},
            is_administrator=is_administrator,
            is_auditor=is_auditor,
            made_by=by,
        )
        audit.record(
            Verb.PERSON_INVITED, by=by, on=invitation, **_facts(invitation, invitation.roles)
        )
    return NewInvitation(invitation, token)


def mail(invitation: Invitation, link: str) -> bool:
    """Send the link to the address; False without a mail server or if that refuses it."""
    if not settings.MAIL_HOST:
        return False
    body = "\n\n".join(
        [
            _("{name} invites you to Voice Studio. To make your account, open:").format(
                name=display_name(invitation.made_by)
            ),
            link,
            _("The link works once, until {day} UTC.").format(
                day=f"{invitation.expires_at:%Y-%m-%d %H:%M}"
            ),
        ]
    )
    subject = _("Your invitation to Voice Studio")
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [invitation.address])
    try:
        message.send()
    except OSError:
        logger.warning("The mail server refused an invitation", exc_info=True)
        return False
    return True


def revoke(invitation: Invitation, *, by: User) -> bool:
    """Let the link work no longer; False, and nothing happens, if it does not work anyway."""
    require(by, Action.MANAGE_PEOPLE)
    with transaction.atomic():
        found = Invitation.objects.open().filter(pk=invitation.pk)
        if is_revoked := bool(found.update(revoked_at=clock.now())):
            audit.record(Verb.INVITATION_REVOKED, by=by, on=invitation)
    return is_revoked


def restore(invitation: Invitation, *, by: User) -> bool:
    """Let the link of a revoked invitation work again; True also if it works already.

    False, and nothing happens, if it was used or has expired, if its maker may no longer invite, or
    if there is another open one to the same address. Raises PersonRefused for the address of a
    deactivated account, as `invite` does.
    """
    with transaction.atomic():
        lock_person(by, by=by)
        accounts = select_address(User.objects.all(), invitation.address)
        if accounts and not any(account.is_active for account in accounts):
            raise PersonRefused(IS_DEACTIVATED)
        revoked = Invitation.objects.filter(
            pk=invitation.pk, used_at=None, expires_at__gt=clock.now()
        ).exclude(revoked_at=None)
        current = Invitation.objects.open().to(invitation.address).first()
        if not _still_stands(invitation):
            return False
        if current is not None:
            return current == invitation
        is_restored = bool(revoked.update(revoked_at=None))
        if is_restored:
            facts = _facts(invitation, invitation.roles)
            audit.record(Verb.PERSON_INVITED, by=by, on=invitation, **facts)
    return is_restored


def revoke_all_of(maker: User, *, by: User) -> None:
    """Revoke the open invitations of a person who will no longer invite.

    Before that person loses the role, who may be `by`; in the same transaction.
    """
    require(by, Action.MANAGE_PEOPLE)
    for invitation in Invitation.objects.open().filter(made_by=maker):
        revoke(invitation, by=by)


def revoke_all_to(user: User, *, by: User) -> None:
    """Revoke the open invitations to the address of a person who is deactivated."""
    require(by, Action.MANAGE_PEOPLE)
    for invitation in Invitation.objects.open().to(user.email):
        revoke(invitation, by=by)


def list_open(*, by: User) -> InvitationQuerySet:
    """The invitations that can be accepted, the newest first."""
    require(by, Action.MANAGE_PEOPLE)
    return Invitation.objects.open().select_related("made_by")


def find(token: str) -> Invitation | None:
    """The open invitation of this token, unless its maker may no longer invite."""
    rows = Invitation.objects.open().select_related("made_by")
    invitation = rows.filter(token_hash=_hash(token)).first()
    return invitation if invitation and _still_stands(invitation) else None


def find_account(invitation: Invitation) -> User | None:
    """The active account that already has the address of the invitation."""
    active = User.objects.filter(is_active=True)
    return next(iter(select_address(active, invitation.address)), None)


def accept(invitation: Invitation, *, username: str, name: str, password: str | None) -> User:
    """Make the account with the roles of the invitation.

    Raises InvitationClosed, and UsernameTaken, which leaves the invitation open. Without a password
    the person signs in through the OpenID provider only.
    """
    with transaction.atomic():
        _use(invitation)
        user = _create_user(username, invitation.address, password, name)
        _give_roles(invitation, user)
    return user


def accept_for(invitation: Invitation, user: User) -> None:
    """Give the roles to the account that has the address, and keep higher ones.

    Raises InvitationClosed.
    """
    with transaction.atomic():
        _use(invitation)
        _give_roles(invitation, user)


def _create_user(username: str, address: str, password: str | None, name: str) -> User:
    if User.objects.filter(username__iexact=username).exists():
        raise UsernameTaken
    try:
        return User.objects.create_user(username, address, password, first_name=name)
    except IntegrityError as error:
        # Another account got it after the question above.
        raise UsernameTaken from error


def _use(invitation: Invitation) -> None:
    """Claim the invitation: of two requests at once only one changes the row.

    Its maker and all administrators are locked, so that no role changes meanwhile.
    """
    _maker, administrators = lock_with_administrators(invitation.made_by)
    if invitation.made_by_id not in administrators:
        raise InvitationClosed
    now = clock.now()
    if not Invitation.objects.open().filter(pk=invitation.pk).update(used_at=now):
        raise InvitationClosed


def _still_stands(invitation: Invitation) -> bool:
    """Whether the person who made it may still invite: roles are given in that person's name."""
    return may(User.objects.get(pk=invitation.made_by_id), Action.MANAGE_PEOPLE)


def _give_roles(invitation: Invitation, user: User) -> None:
    """Write roles: a higher one is kept, and a project that was removed since is left out."""
    if invitation.is_administrator:
        # Django's admin shows its pages to superusers.
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    if invitation.is_auditor:
        Person.of(user)
        Person.objects.filter(user=user).update(is_auditor=True)
    given: dict[str, str] = {}
    members = dict(Membership.objects.filter(person=user).values_list("project", "role"))
    for project in Project.objects.filter(pk__in=[int(pk) for pk in invitation.roles]):
        role = Role(invitation.roles[str(project.pk)])
        if project.pk in members and _is_at_least(Role(members[project.pk]), role):
            continue
        Membership.objects.update_or_create(project=project, person=user, defaults={"role": role})
        given[str(project.pk)] = str(role)
    facts = _facts(invitation, given)
    audit.record(Verb.INVITATION_ACCEPTED, by=user, on=invitation, **facts)


def _is_at_least(role: Role, other: Role) -> bool:
    """Whether the one role may do all that the other one may."""
    return HIGHEST_FIRST.index(role) <= HIGHEST_FIRST.index(other)


def _facts(invitation: Invitation, roles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "roles": roles,
        "is_administrator": invitation.is_administrator,
        "is_auditor": invitation.is_auditor,
    }


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
