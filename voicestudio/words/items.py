"""Words, items: several names in one sentence, and a value behind its label."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import pgettext


def join_items(items: Iterable[str | Promise]) -> str:
    """The items with what the language writes between them."""
    return comma().join(str(item) for item in items)


def label_value(label: str | Promise, value: object) -> str:
    """A label and its value, with what the language writes between them."""
    return f"{label}{colon()}{value}"


def comma() -> str:
    """What the language writes between two items: ", " or "、"."""
    return pgettext("between two items", ", ")


def colon() -> str:
    """What the language writes between a label and its value: ": ", " : " or "："."""
    return pgettext("between a label and its value", ": ")
