"""Directory: the people of the studio with their roles, for administrators."""

from itertools import islice

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from voicestudio.models import Action, Membership
from voicestudio.models.search import fold_text
from voicestudio.services.permissions import require


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
    return people.order_by("-is_active", "username")


def find_people(words: str, most: int, *, by: User) -> list[User]:
    """The people with these words in name, username or address; one query.

    Names are folded here, since databases disagree about case and accents.
    """
    require(by, Action.MANAGE_PEOPLE)
    people = User.objects.only("username", "first_name", "last_name", "email").order_by("username")
    folded = fold_text(words)
    found = (
        person
        for person in people
        if folded in fold_text(f"{person.get_full_name()}\n{person.username}\n{person.email}")
    )
    return list(islice(found, most))
