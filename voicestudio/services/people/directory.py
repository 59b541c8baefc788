"""Directory: the people of the studio with their roles, for administrators."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from voicestudio.models import Action, Membership
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
