"""The base of the querysets: which rows a person may see, and one page of them by id."""

from typing import TYPE_CHECKING, NamedTuple, Self

from django.db import models

from .paging import read_page

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class IdPage[Row](NamedTuple):
    """One page of rows, newest first; `older` and `newer` are the cursors of its neighbours."""

    rows: list[Row]
    older: int | None
    newer: int | None


class TeamQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Rows that the whole team shares."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Every row for active users, none for anyone else."""
        return self if user.is_authenticated and user.is_active else self.none()

    def page_by_id(
        self, *, before: int | None = None, after: int | None = None, size: int
    ) -> IdPage[Row]:
        """One page, newest first: the rows older than the id `before`, or newer than `after`."""

        def read(edge: int | None, backwards: bool, count: int) -> list[Row]:
            rows = self.order_by("pk" if backwards else "-pk")
            if edge is not None:
                rows = rows.filter(**{"pk__gt" if backwards else "pk__lt": edge})
            return list(rows[:count])

        rows, has_next, has_previous = read_page(read, size=size, following=before, previous=after)
        return IdPage(
            rows,
            older=rows[-1].pk if rows and has_next else None,
            newer=rows[0].pk if rows and has_previous else None,
        )
