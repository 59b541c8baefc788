"""Columns: which facts of a row a person sees in each list; name and state always stay."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils.functional import Promise

from voicestudio.models import ListKind, Person, access_of
from voicestudio.words.lists import COLUMNS

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Column(NamedTuple):
    """One kind of facts: the `data-column` of its elements in a row, and whether it is shown."""

    name: str
    label: str | Promise
    is_shown: bool


def list_columns(person: "User", kind: str) -> list[Column]:
    """The columns of a list, as the person has chosen them; read with the row of the person."""
    row = getattr(person, "person", None)  # a user who never used the studio has no such row
    hidden = [] if row is None else row.hidden_columns.get(kind, [])
    return [
        Column(name, label, name not in hidden)
        for name, label in COLUMNS.get(kind, {}).items()
        if name != "project" or access_of(person).sees_several
    ]


def choose_columns(person: "User", kind: ListKind, shown: Iterable[str]) -> None:
    """Show these columns of a list, and hide the others."""
    hidden = [column.name for column in list_columns(person, kind) if column.name not in shown]
    with transaction.atomic():
        Person.of(person)
        row = Person.objects.select_for_update().get(user=person)
        row.hidden_columns[kind.value] = hidden
        row.save(update_fields=["hidden_columns"])
