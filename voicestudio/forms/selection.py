"""Forms: the rows that are selected in a list, and what to do with them."""

from typing import Final

from django.http import QueryDict

from . import texts
from .ids import parse_id
from .voices import LONGEST_TAGS

MOST_SENT: Final = 100


def selected_ids(data: QueryDict) -> list[int]:
    """The ids of the selected rows in the order of the list, each once, without invalid ones."""
    found = (parse_id(value) for value in data.getlist("row")[:MOST_SENT])
    return list(dict.fromkeys(pk for pk in found if pk))


def typed_tags(data: QueryDict) -> list[str]:
    """The tags as typed, separated by commas."""
    return texts.split_tags(data.get("tags", "")[:LONGEST_TAGS])


def undo_values(data: QueryDict) -> dict[int, list[str]]:
    """What an undo needs of each row: the tags that it got, or the project from which it came."""
    rows = selected_ids(data)
    return {pk: texts.split_tags(data.get(f"undo-{pk}", "")[:LONGEST_TAGS]) for pk in rows}
