"""Keyset paging: a page begins beyond the last row of its neighbour, so every depth costs the same.

django-cursor-pagination was looked at: it orders by columns only, while attempts are read from a
search index and voices by ids that are read first.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet


class Page[Row](NamedTuple):
    """Rows in the order of the list, and whether there are others on either side."""

    rows: list[Row]
    has_next: bool
    has_previous: bool


def read_page[Row, Edge](
    read: Callable[[Edge | None, bool, int], list[Row]],
    *,
    size: int,
    following: Edge | None = None,
    previous: Edge | None = None,
) -> Page[Row]:
    """Read the page after the row `following`, before the row `previous`, or the first page.

    `read(edge, backwards, count)` returns up to `count` rows beyond `edge`, or from the start; in
    the reverse order of the list if `backwards`.
    """
    backwards = following is None and previous is not None
    edge = previous if backwards else following
    rows = read(edge, backwards, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if not backwards:
        return Page(rows, has_next=more, has_previous=edge is not None)
    if more:
        return Page(rows[::-1], has_next=True, has_previous=True)
    return read_page(read, size=size)  # so that the first page is a full one


class OrderedPage[Row](NamedTuple):
    """One page of rows; `previous` and `following` are the ids at its edges, None at an end."""

    rows: list[Row]
    previous: int | None
    following: int | None


def page_in_order[Row: Model](
    rows: QuerySet[Row],
    order: Sequence[str],
    *,
    size: int,
    after: int | None = None,
    before: int | None = None,
) -> OrderedPage[Row]:
    """One page of `rows` in `order`, after or before the row with this id; else the first one.

    The last column of `order` is different in every row. A row that has left `rows` since its page
    was shown is no edge any more.
    """

    def find_edge(pk: int | None) -> tuple[Any, ...] | None:
        columns = [column.lstrip("-") for column in order]
        return None if pk is None else rows.filter(pk=pk).values_list(*columns).first()

    def read(edge: tuple[Any, ...] | None, backwards: bool, count: int) -> list[Row]:
        ordering = [_reverse(column) for column in order] if backwards else list(order)
        found = rows if edge is None else rows.filter(_is_beyond(ordering, edge))
        return list(found.order_by(*ordering)[:count])

    page = read_page(read, size=size, following=find_edge(after), previous=find_edge(before))
    if not page.rows:  # the edge has become the last row since its page was shown
        page = read_page(read, size=size)
    return OrderedPage(
        page.rows,
        previous=page.rows[0].pk if page.rows and page.has_previous else None,
        following=page.rows[-1].pk if page.rows and page.has_next else None,
    )


def _reverse(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def _is_beyond(ordering: Sequence[str], edge: Sequence[Any]) -> Q:
    """The condition for rows that stand after `edge`: equal in the first columns, then beyond."""
    beyond, equal = Q(pk__in=()), Q()
    for column, value in zip(ordering, edge, strict=True):
        name = column.lstrip("-")
        beyond |= equal & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return beyond
