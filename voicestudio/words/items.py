"""Words, items: several names in one sentence."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import pgettext


def join_items(items: Iterable[str | Promise]) -> str:
    """The items with what the language writes between them."""
    return pgettext("between two items", ", ").join(str(item) for item in items)
