"""The base of the querysets: which rows a person may see, and one page of them by id."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from django.db import models

from .access import access_of
from .paging import read_page
from .permissions import Action

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class IdPage[Row](NamedTuple):
    """One page of rows, newest first; `older` and `newer` are the cursors of its neighbours."""

    rows: list[Row]
    older: int | None
    newer: int | None


class TeamQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Rows that belong to a project each."""

    # What a person must be allowed to do in a project to see such rows of it.
    SEEN_WITH: ClassVar[Action] = Action.SEE
    # The projects of these rows, if a person sees those of several.
    _project_ids: Sequence[int] = ()

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc, unused-ignore]
        clone._project_ids = self._project_ids
        return clone

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """The rows of a member's projects; all of them for administrators and auditors.

        The ids of the projects are read first, because with them the planner enters the index of
        the list where the rows of these projects are. With a subquery it would read all rows.
        """
        projects = access_of(user).projects(self.SEEN_WITH)
        if projects is None:
            return self
        rows = self.filter(project__in=projects)
        rows._project_ids = projects if len(projects) > 1 else ()
        return rows

    def in_use_by(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """The rows of the project in use; without one all that the person sees."""
        in_use = access_of(user).in_use
        if in_use is None:
            return self.visible_to(user)
        projects = access_of(user).projects(self.SEEN_WITH)
        is_seen = projects is None or in_use in projects
        # Only the one project, so that the planner enters its part of the index.
        return self.filter(project=in_use) if is_seen else self.none()

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Rows made at or after `since` and before `until`; None for no bound."""
        rows = self if since is None else self.filter(created_at__gte=since)
        return rows if until is None else rows.filter(created_at__lt=until)

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
