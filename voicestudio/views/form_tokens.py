"""Tokens: the one-time word of a form, so that the same form twice is done once."""

from uuid import UUID, uuid4

from django.http import HttpRequest


def parsed(text: str) -> UUID | None:
    """A token as it was sent; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def of(request: HttpRequest) -> UUID:
    """The token of a posted form; a fresh one where it makes no sense."""
    return parsed(request.POST.get("token", "")) or uuid4()
