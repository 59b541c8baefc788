"""Users: on whose behalf a script calls the provider."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def get_user(username: str) -> User:
    """Return the user of that name; without a name the only administrator, or the only user.

    Raises CommandError if there is no such user or if several fit.
    """
    active = User.objects.filter(is_active=True)
    if not settings.PRACTICE_MODE:  # example people do nothing that costs real money
        active = active.exclude(person__is_example=True)
    if username:
        user = active.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no active user called %(name)s.") % {"name": username})
        return user
    candidates = list(active.filter(is_staff=True)[:2]) or list(active[:2])
    if not candidates:
        raise CommandError(_("There is no active user."))
    if len(candidates) > 1:
        raise CommandError(_("Several users could request this: choose one with --as USER."))
    return candidates[0]
