"""Saved filters: what a person looks for again and again in a list, under a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction

from voicestudio.models import ListKind, Person
from voicestudio.models.search import fold_text
from voicestudio.words import Message
from voicestudio.words.lists import FILTER_TOO_LONG, TOO_MANY_FILTERS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# More would not fit above a list.
MOST: Final = 12
LONGEST_NAME: Final = 40
# Fits the longest search together with all filters; one letter can take twelve characters when
# encoded.
LONGEST_QUERY: Final = 3_000


class SavedFilter(NamedTuple):
    """A saved filter: its name, and the query string of the list."""

    name: str
    query: str


class FilterRefusedError(Exception):
    """A filter is not saved: there are as many as fit, or it is too long. `message` says which."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def list_filters(person: "User", kind: str) -> list[SavedFilter]:
    """The filters of a list that the person has saved, read with the row of the person."""
    row = getattr(person, "person", None)  # a user who never used the studio has no such row
    return [] if row is None else [SavedFilter(**each) for each in row.saved_filters.get(kind, [])]


def save_filter(person: "User", kind: ListKind, name: str, query: str) -> None:
    """Save a filter; it replaces the one of this name, in any case. Raises FilterRefusedError."""
    with _filters_of(person, kind) as found:
        _replace(found, name, SavedFilter(name[:LONGEST_NAME], query))


def rename_filter(person: "User", kind: ListKind, name: str, new_name: str) -> None:
    """Give a saved filter another name; one that already has that name is replaced."""
    with _filters_of(person, kind) as found:
        old = next((each for each in found if each.name == name), None)
        if old is not None:
            found.remove(old)
            _replace(found, new_name, SavedFilter(new_name[:LONGEST_NAME], old.query))


def delete_filter(person: "User", kind: ListKind, name: str) -> SavedFilter | None:
    """Forget a saved filter and return it; None if there is none of this name."""
    with _filters_of(person, kind) as found:
        deleted = next((each for each in found if each.name == name), None)
        found[:] = [each for each in found if each.name != name]
    return deleted


def restore_filter(person: "User", kind: ListKind, deleted: SavedFilter) -> bool:
    """Save a deleted filter again; False if its name is used for another one since.

    Raises FilterRefusedError.
    """
    with _filters_of(person, kind) as found:
        name = fold_text(deleted.name)
        same = next((each for each in found if fold_text(each.name) == name), None)
        if same is None:
            _replace(found, deleted.name, deleted)
    return same in (None, deleted)


def _replace(found: list[SavedFilter], name: str, new: SavedFilter) -> None:
    if len(new.query) > LONGEST_QUERY:
        raise FilterRefusedError(FILTER_TOO_LONG)
    found[:] = [each for each in found if fold_text(each.name) != fold_text(name)]
    if len(found) >= MOST:
        raise FilterRefusedError(TOO_MANY_FILTERS)
    found.append(new)


@contextmanager
def _filters_of(person: "User", kind: ListKind) -> Iterator[list[SavedFilter]]:
    """The saved filters of a list to change; written when the block ends."""
    with transaction.atomic():
        Person.of(person)
        row = Person.objects.select_for_update().get(user=person)
        found = [SavedFilter(**each) for each in row.saved_filters.get(kind.value, [])]
        yield found
        row.saved_filters[kind.value] = [each._asdict() for each in found]
        row.save(update_fields=["saved_filters"])
