"""Row counts: how many rows several lists have, each up to a limit, in one query."""

from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Subquery

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class RowCount(NamedTuple):
    """A number of rows, and whether there are more."""

    number: int
    has_more: bool

    def __str__(self) -> str:
        return f"{self.number}+" if self.has_more else str(self.number)


class _Count(Subquery):
    """The number of rows of a subquery."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted_rows)"
    output_field = models.IntegerField()


def count_rows(person: "User", *lists: tuple["models.QuerySet[Any]", int]) -> list[RowCount]:
    """How many rows each of these lists has, up to its limit; one query for all of them.

    It reads no more rows than the limits say where an index leads to them. The query is asked of
    the row of a person, because it has to be asked of some row.
    """
    limits = [most for _rows, most in lists]
    counts = [_Count(rows.order_by().values("pk")[: most + 1]) for rows, most in lists]
    row = get_user_model()._default_manager.filter(pk=person.pk).values_list(*counts).get()
    return [
        RowCount(min(number or 0, most), (number or 0) > most)
        for number, most in zip(row, limits, strict=True)
    ]
