"""Keyset paging: a page begins beyond the last row of its neighbour, so every depth costs the same.

django-cursor-pagination was looked at: it orders by columns only, while attempts are read from a
search index and voices by ids that are read first.
"""

from collections.abc import Callable
from typing import NamedTuple


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
