"""Budgets: what was spent and promised of the studio's monthly limit and of projects' budgets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, Sum

from voicestudio.models import Allowance, Charge, PaidCall, Project, clock, month_of

from .costs import ZERO, sum_month
from .prices import price_of

WARN_AT: Final = Decimal("0.8")


class BudgetKind(StrEnum):
    """What a budget limits; the keys of its sentences in `words.costs`."""

    MONTH = "month"  # the studio in a month
    PROJECT_MONTH = "project_month"
    PROJECT_TOTAL = "project_total"


@dataclass(frozen=True)
class Budget:
    """The money of a month, or of a project; `limit` is None without one.

    `promised` is for calls in flight. `project` is None for the budget of the studio.
    """

    month: date
    limit: Decimal | None
    allowed: Decimal
    spent: Decimal
    promised: Decimal
    kind: BudgetKind = BudgetKind.MONTH
    project: Project | None = None

    @property
    def ceiling(self) -> Decimal | None:
        """The limit, with what administrators have allowed on top."""
        return None if self.limit is None else self.limit + self.allowed

    @property
    def left(self) -> Decimal | None:
        """What may still be spent; never negative."""
        if self.ceiling is None:
            return None
        return max(ZERO, self.ceiling - self.spent - self.promised)

    @property
    def share(self) -> Decimal | None:
        """Spent and promised, as a share of the ceiling; 1 for a ceiling of zero."""
        if self.ceiling is None:
            return None
        return (self.spent + self.promised) / self.ceiling if self.ceiling else Decimal(1)

    @property
    def warns(self) -> bool:
        """Whether 80 % are spent."""
        return self.share is not None and self.share >= WARN_AT

    @property
    def stops(self) -> bool:
        """Whether nothing more can be spent."""
        return self.left is not None and self.left <= ZERO


def get_budget(
    *, now: datetime | None = None, in_flight: Mapping[int, Decimal] | None = None
) -> Budget:
    """Return the studio's budget of this month.

    Pass `sum_in_flight()` as `in_flight` if you have it already, read before this call: a call that
    is answered between the two sums then counts twice instead of never.
    """
    month = month_of(now or clock.now())
    promised = sum((sum_in_flight() if in_flight is None else in_flight).values(), ZERO)
    return Budget(
        month=month,
        limit=settings.MONTHLY_LIMIT,
        allowed=sum_allowances(month),
        spent=sum_month(month),
        promised=promised,
    )


def get_project_budgets(
    projects: Iterable[Project],
    *,
    now: datetime | None = None,
    in_flight: Mapping[int, Decimal] | None = None,
) -> list[Budget]:
    """Return the budgets that these projects have: of this month, then in all.

    Pass `sum_in_flight()` as `in_flight` to reuse it.

    A charge counts for the project that paid it, wherever its speaker is by now. The number of
    queries does not grow with the projects.
    """
    month = month_of(now or clock.now())
    limited = [project for project in projects if project.has_budget]
    if not limited:
        return []
    promised = sum_in_flight() if in_flight is None else in_flight  # first, as above
    charges = Charge.objects.counted().filter(project__in=limited).order_by().values("project")
    rows = charges.annotate(
        in_all=Sum("amount"), in_month=Sum("amount", filter=Q(month=month), default=ZERO)
    )
    sums = {row["project"]: (row["in_month"], row["in_all"]) for row in rows}
    budgets = []
    for project in limited:
        in_month, in_all = sums.get(project.pk, (ZERO, ZERO))
        for kind, limit, spent in (
            (BudgetKind.PROJECT_MONTH, project.monthly_budget, in_month),
            (BudgetKind.PROJECT_TOTAL, project.total_budget, in_all),
        ):
            if limit is not None:
                own = promised.get(project.pk, ZERO)
                budgets.append(Budget(month, limit, ZERO, spent, own, kind, project))
    return budgets


def sum_allowances(month: date) -> Decimal:
    """What administrators have allowed on top of this month's limit."""
    total = Allowance.objects.filter(month=month).aggregate(all=Sum("amount"))["all"]
    return total or ZERO


def sum_in_flight(apart_from: PaidCall | None = None) -> dict[int, Decimal]:
    """The price of all calls that are at the provider now, by project: a handful at most."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for model in PaidCall.kinds():
        calls: Any = model._default_manager
        for call in calls.in_flight().only("project", *model.PRICE_COLUMNS):
            if call != apart_from:
                sums[call.project_id] += price_of(call)
    return sums
