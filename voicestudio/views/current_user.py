"""Current user: the signed-in user of a request, with a type."""

from django.contrib.auth.models import User
from django.http import HttpRequest


def current_user(request: HttpRequest) -> User:
    """The signed-in user; LoginRequiredMiddleware lets no other request reach a view."""
    assert isinstance(request.user, User)
    return request.user
