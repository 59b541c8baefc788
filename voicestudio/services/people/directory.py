"""Directory: the people of the studio with their roles, for administrators."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from voicestudio.models import Action, Membership
from voicestudio.services.permissions import require


def list_people(*, by: User) -> QuerySet[User]:
    """Everyone, active people first, each with `has_second_factor` and the roles in projects."""
    require(by, Action.MANAGE_PEOPLE)
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    factors = factors.exclude(type=Authenticator.Type.RECOVERY_CODES)
    members = Membership.objects.select_related("project").order_by("project__name", "project")
    people = User.objects.select_related("person").annotate(has_second_factor=Exists(factors))
    people = people.prefetch_related(Prefetch("memberships", members))
    return people.order_by("-is_active", "username")
