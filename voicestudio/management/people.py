"""People: who asks, when a script does."""

from django.contrib.auth.models import User
from django.core.management.base import CommandError


def person_called(username: str) -> User:
    """The user of that name; without one the only administrator, or the only user.

    Raises CommandError if that is nobody, or if it could be several.
    """
    people = User.objects.filter(is_active=True)
    if username:
        found = people.filter(username=username).first()
        if found is None:
            raise CommandError(f"There is no active user called {username}.")
        return found
    candidates = list(people.filter(is_superuser=True)[:2]) or list(people[:2])
    if len(candidates) != 1:
        raise CommandError("Say who asks for this voice: --as USER.")
    return candidates[0]
