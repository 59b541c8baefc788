"""The monthly limit: what is left of it, and how an administrator raises it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from voicestudio.models import Action, Allowance, CallKind, PaidCall, RateLimit, Verb, month_of
from voicestudio.services.audit import record
from voicestudio.services.permissions import may, require

from .costs import ZERO, sum_month
from .prices import price_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

WARN_AT: Final = Decimal("0.8")


@dataclass(frozen=True)
class Budget:
    """The money of one month; `limit` is None without one, `promised` is for calls in flight."""

    month: date
    limit: Decimal | None
    allowed: Decimal
    spent: Decimal
    promised: Decimal

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


class LimitReached(Exception):  # noqa: N818 - an answer, not a mistake
    """A call costs more than is left of this month's limit."""

    def __init__(self, budget: Budget, price: Decimal) -> None:
        super().__init__("the limit of this month is reached")
        self.budget = budget
        self.price = price


class AllowanceChanged(Exception):  # noqa: N818 - an answer, not a mistake
    """The allowance was raised after this person had opened the page."""


def get_budget(*, now: datetime | None = None, apart_from: PaidCall | None = None) -> Budget:
    """Return this month's budget, without the price of `apart_from`."""
    month = month_of(now or timezone.now())
    # First, so that a call that is answered between the two sums counts twice instead of never.
    promised = _sum_in_flight(apart_from)
    return Budget(
        month=month,
        limit=settings.MONTHLY_LIMIT,
        allowed=_sum_allowances(month),
        spent=sum_month(month),
        promised=promised,
    )


def check_budget(price: Decimal, *, call: PaidCall | None = None) -> None:
    """Raise `LimitReached` if `price` is more than this month's limit leaves.

    With `call`, which is about to be sent: needs the transaction that marks it as sent, so that of
    two calls of which only one fits, the second one sees the first.
    """
    if settings.MONTHLY_LIMIT is None:
        return
    if call is not None:
        assert transaction.get_connection().in_atomic_block
        for kind in sorted(CallKind.values):
            RateLimit.objects.select_for_update().get_or_create(kind=kind, provider=call.provider)
    budget = get_budget(apart_from=call)
    if budget.left is not None and price > budget.left:
        raise LimitReached(budget, price)


def allow_more(
    amount: Decimal, *, by: "User", note: str = "", beside: Decimal | None = None
) -> Allowance:
    """Raise this month's limit. Raises `NotAllowed` unless `by` may.

    `beside` is the allowance that the page showed. Raises `AllowanceChanged`, and adds nothing, if
    it is another sum by now: a button that is pressed twice allows once.
    """
    require(by, Action.ALLOW_MORE)
    if amount <= ZERO:
        raise ValueError("an allowance is more than nothing")
    month = month_of(timezone.now())
    with transaction.atomic():
        # Two requests of one person run one after the other.
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if beside is not None and beside != _sum_allowances(month):
            raise AllowanceChanged
        record(Verb.LIMIT_RAISED, by=by, note=note, amount=str(amount))
        return Allowance.objects.create(month=month, amount=amount, by=by, note=note)


def list_allowances(month: date) -> list[Allowance]:
    """Return the allowances of this month, the newest first."""
    return list(Allowance.objects.filter(month=month).select_related("by"))


def is_administrator(person: "User | AnonymousUser") -> bool:
    """Whether this person can raise the limit, and is told how to mend what others cannot."""
    return may(person, Action.ALLOW_MORE)


def list_administrators(most: int = 5) -> list[str]:
    """Return the names of people who can allow more."""
    people = get_user_model().objects.filter(is_active=True, is_staff=True)
    return list(people.order_by("username").values_list("username", flat=True)[:most])


def _sum_allowances(month: date) -> Decimal:
    total = Allowance.objects.filter(month=month).aggregate(all=Sum("amount"))["all"]
    return total or ZERO


def _sum_in_flight(apart_from: PaidCall | None) -> Decimal:
    """The price of all calls that are at the provider at this moment: a handful at most."""
    total = ZERO
    for model in PaidCall.kinds():
        calls: Any = model._default_manager
        for call in calls.in_flight():
            if call != apart_from:
                total += price_of(call)
    return total
