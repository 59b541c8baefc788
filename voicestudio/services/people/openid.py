"""OpenID: whose account it is that signs in at the OpenID provider, and who is refused.

A person is found by the joined account, else by a verified address. django-allauth would join by
address too, but it asks neither whether the person is active nor whether the address is unique,
and it deletes the password.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from voicestudio.models import Invitation, Verb, fold_address, select_address
from voicestudio.services import audit
from voicestudio.words.openid import NEEDS_PASSWORD

from . import invitations
from .administrators import PersonRefused
from .provider_roles import read_roles
from .roles import set_provider_roles

logger = logging.getLogger(__name__)

LONGEST_USERNAME: Final = 140  # leaves room for a number


@dataclass(frozen=True)
class Identity:
    """What the provider says about a person, after its token was checked."""

    subject: str
    address: str = ""
    is_verified: bool = False
    name: str = ""
    username: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


class SignInRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """The person can't sign in like this: `reason` is a code of `words.openid.REFUSALS`."""

    def __init__(self, reason: str, user: User | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.user = user


def find_person(identity: Identity, *, invitation_id: int | None = None) -> SocialAccount:
    """The joined account of this person, with the roles that the provider gives.

    `invitation_id` is that of the invitation whose link was followed. Raises `SignInRefused`.
    """
    try:
        return _find_person(identity, invitation_id)
    except (IntegrityError, invitations.UsernameTaken):
        # The same person was joined a moment ago, in another tab, or another one got the username.
        return _find_person(identity, invitation_id)


def is_joined(identity: Identity) -> bool:
    """Whether this account at the provider is joined to a person."""
    return _rows_of(identity).exists()


def list_accounts(user: User) -> QuerySet[SocialAccount]:
    """The accounts at the provider of today that are joined to this person."""
    rows: QuerySet[SocialAccount] = SocialAccount.objects.all()
    return rows.filter(user=user, provider=settings.OIDC_ISSUER)


def disconnect(user: User) -> None:
    """Take a person's own account at the provider away; raises PersonRefused without a password."""
    if not user.has_usable_password():
        raise PersonRefused(NEEDS_PASSWORD)
    with transaction.atomic():
        if list_accounts(user).delete()[0]:
            audit.record(Verb.OPENID_DISCONNECTED, by=user, on=user)


@transaction.atomic
def _find_person(identity: Identity, invitation_id: int | None) -> SocialAccount:
    joined = _rows_of(identity).select_related("user").first()
    account = joined or _join(identity, invitation_id)
    if not account.user.is_active:
        raise SignInRefused("deactivated", account.user)
    account.extra_data = {"email": identity.address}
    account.save()
    set_provider_roles(account.user, read_roles(identity.claims))
    return account


def _rows_of(identity: Identity) -> QuerySet[SocialAccount]:
    rows: QuerySet[SocialAccount] = SocialAccount.objects.all()
    return rows.filter(provider=settings.OIDC_ISSUER, uid=identity.subject)


def _join(identity: Identity, invitation_id: int | None) -> SocialAccount:
    """Join the account to the person with its verified address, or to a new one."""
    if not identity.address:
        raise SignInRefused("no_address")
    if not identity.is_verified:
        raise SignInRefused("unverified")
    user = _find_by_address(identity.address) or _add_person(identity, invitation_id)
    before = list_accounts(user).first()
    if before is not None and before.uid == identity.subject:  # joined in another tab meanwhile
        return before
    if before is not None:
        # The provider may have given the address of somebody who has left to another person.
        logger.warning("%s has another account at the OpenID provider already.", user)
        raise SignInRefused("other_account", user)
    account = SocialAccount.objects.create(
        user=user, provider=settings.OIDC_ISSUER, uid=identity.subject
    )
    audit.record(Verb.OPENID_JOINED, by=user, on=user)
    return account


def _find_by_address(address: str) -> User | None:
    """The active person with this address, in any case of its letters."""
    found = select_address(User.objects.select_for_update(), address)
    active = [user for user in found if user.is_active]
    if len(active) > 1:
        names = ", ".join(user.get_username() for user in active)
        logger.warning("Several people have the address of one OpenID account: %s.", names)
        raise SignInRefused("shared")
    if found and not active:
        raise SignInRefused("deactivated", found[0])
    return active[0] if active else None


def _add_person(identity: Identity, invitation_id: int | None) -> User:
    """Make an account for a person who was invited, or whom the provider gives a role."""
    username = _free_username(identity)
    if invitation_id is not None:
        invitation = Invitation.objects.open().filter(pk=invitation_id).first()
        if invitation and fold_address(invitation.address) != fold_address(identity.address):
            raise SignInRefused("other_address")
        try:
            if invitation is None:
                raise invitations.InvitationClosed
            return invitations.accept(
                invitation, username=username, name=identity.name, password=None
            )
        except invitations.InvitationClosed as closed:
            raise SignInRefused("closed") from closed
    if not read_roles(identity.claims).granted:
        raise SignInRefused("unknown")
    user = User.objects.create_user(username, identity.address, first_name=identity.name)
    audit.record(Verb.PERSON_ADDED, by=user, on=user)
    return user


def _free_username(identity: Identity) -> str:
    """A free username; without "@", since with one it could be another person's address."""
    wished = identity.username.partition("@")[0] or identity.address.partition("@")[0]
    base = re.sub(r"[^\w.+-]", "", wished)[:LONGEST_USERNAME] or "person"
    taken = {
        name.lower()
        for name in User.objects.filter(username__istartswith=base).values_list(
            "username", flat=True
        )
    }
    number, username = 1, base
    while username.lower() in taken:
        number += 1
        username = f"{base}{number}"
    return username
