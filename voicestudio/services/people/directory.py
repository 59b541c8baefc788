"""Directory: the people of the studio with their roles, for administrators."""

from itertools import islice
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from voicestudio.models import Action, Invitation, Membership, RoleName
from voicestudio.models.search import contains_words
from voicestudio.services.permissions import require

from . import invitations

# Active people first; no two people have one username.
ORDER: Final = ("-is_active", "username")


def list_people(*, by: User) -> QuerySet[User]:
    """Everyone, active people first, with their roles in projects.

    Each has `has_second_factor`, and `uses_openid` if an account at today's provider signs them in.
    """
    require(by, Action.MANAGE_PEOPLE)
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    factors = factors.exclude(type=Authenticator.Type.RECOVERY_CODES)
    members = Membership.objects.select_related("project").order_by("project__name", "project")
    joined = SocialAccount.objects.filter(user=OuterRef("pk"), provider=settings.OIDC_ISSUER)
    people = User.objects.select_related("person").annotate(
        has_second_factor=Exists(factors), uses_openid=Exists(joined)
    )
    people = people.prefetch_related(Prefetch("memberships", members))
    return people.order_by(*ORDER)


def find_people(words: str, most: int, *, by: User) -> list[User]:
    """The people with these words in name, username or address; one query."""
    require(by, Action.MANAGE_PEOPLE)
    people = User.objects.only("username", "first_name", "last_name", "email").order_by("username")
    found = (
        person
        for person in people
        if contains_words(words, person.get_full_name(), person.username, person.email)
    )
    return list(islice(found, most))


def filter_people(*, by: User, words: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Those of `list_people` with these words in name or address, this role and this state."""
    people = list_people(by=by)
    match state:
        case "active" | "deactivated":
            people = people.filter(is_active=state == "active")
        case "invited":
            return people.none()
    match role:
        case RoleName.ADMINISTRATOR:
            people = people.filter(is_staff=True)
        case RoleName.AUDITOR:
            people = people.filter(is_staff=False, person__is_auditor=True)
        case str() if role:
            people = people.filter(
                Exists(Membership.objects.filter(person=OuterRef("pk"), role=role))
            )
    if words:
        names = User.objects.values_list("pk", "username", "email", "first_name", "last_name")
        people = people.filter(
            pk__in=[
                pk
                for pk, username, email, *full_name in names
                if contains_words(words, username, email, " ".join(full_name))
            ]
        )
    return people


def find_invitations(
    *, by: User, words: str = "", role: str = "", state: str = ""
) -> QuerySet[Invitation]:
    """The open invitations, to an address with these words, that give this role."""
    found = invitations.list_open(by=by)
    if state not in {"", "invited"}:
        return found.none()
    given = {RoleName.ADMINISTRATOR: Q(is_administrator=True), RoleName.AUDITOR: Q(is_auditor=True)}
    if role in given:
        found = found.filter(given[RoleName(role)])
    elif role:
        rows = found.values_list("pk", "roles")
        found = found.filter(pk__in=[pk for pk, roles in rows if role in roles.values()])
    if words:
        addresses = found.values_list("pk", "address")
        found = found.filter(
            pk__in=[pk for pk, address in addresses if contains_words(words, address)]
        )
    return found
