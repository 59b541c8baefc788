"""People: who is signed in."""

from django.contrib.auth.models import User
from django.http import HttpRequest


def current_user(request: HttpRequest) -> User:
    """The person at the other end; LoginRequiredMiddleware lets nobody else this far."""
    assert isinstance(request.user, User)
    return request.user
