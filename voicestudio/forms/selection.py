"""Forms: the rows that are selected in a list, and what to do with them."""

from datetime import UTC, datetime
from typing import Final

from django.http import QueryDict

from . import texts
from .ids import parse_id
from .voices import LONGEST_TAGS

MOST_SENT: Final = 100
# Twenty IDs, the most tags of a voice, with their commas.
LONGEST_UNDO: Final = 400


def selected_ids(data: QueryDict) -> list[int]:
    """The ids of the selected rows in the order of the list, each once, without invalid ones."""
    found = (parse_id(value) for value in data.getlist("row")[:MOST_SENT])
    return list(dict.fromkeys(pk for pk in found if pk))


def typed_tags(data: QueryDict) -> list[str]:
    """The tags as typed, separated by commas."""
    return texts.split_tags(data.get("tags", "")[:LONGEST_TAGS])


def undo_ids(data: QueryDict) -> dict[int, list[int]]:
    """What an undo takes back of each row, by IDs: the taggings, or the move."""
    found = {pk: map(parse_id, value.split(",")) for pk, value in _undo_values(data).items()}
    return {pk: [each for each in ids if each] for pk, ids in found.items()}


def undo_times(data: QueryDict) -> dict[int, datetime]:
    """Of each row, when the mark was made that an undo takes back."""
    found = {pk: _parse_time(value) for pk, value in _undo_values(data).items()}
    return {pk: time for pk, time in found.items() if time is not None}


def _undo_values(data: QueryDict) -> dict[int, str]:
    return {pk: data.get(f"undo-{pk}", "")[:LONGEST_UNDO] for pk in selected_ids(data)}


def _parse_time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
