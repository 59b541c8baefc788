"""Second factors: who must have one, and who has."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User

from voicestudio.models import Membership, Role, is_example


def is_missing(user: User) -> bool:
    """Whether this person must have a second factor (REQUIRE_SECOND_FACTOR) and has none."""
    return bool(settings.REQUIRE_SECOND_FACTOR) and not is_mfa_enabled(user) and _must_have(user)


def _must_have(user: User) -> bool:
    if is_example(user):  # the administrator who looks as this person has been asked
        return False
    managers = Membership.objects.filter(person=user, role=Role.MANAGER)
    return user.is_staff or managers.exists()
