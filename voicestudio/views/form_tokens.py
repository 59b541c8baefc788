"""Form tokens: a UUID in a form, by which a service recognizes the same form sent twice."""

from uuid import UUID, uuid4

from django.http import HttpRequest


def parse_token(text: str) -> UUID | None:
    """The token as it was sent; None if `text` is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read_token(request: HttpRequest) -> UUID:
    """The token of a posted form, or a new one if it is missing or malformed."""
    return parse_token(request.POST.get("token", "")) or uuid4()
