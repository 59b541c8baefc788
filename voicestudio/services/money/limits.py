"""Limits: which calls the budgets stop, and how an administrator raises the monthly limit."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from voicestudio.models import (
    Action,
    Allowance,
    CallKind,
    PaidCall,
    Project,
    RateLimit,
    Verb,
    access_of,
    clock,
    display_name,
    month_of,
)
from voicestudio.services.audit import record
from voicestudio.services.permissions import may, require, sees_studio_costs
from voicestudio.words import Message

from .budgets import Budget, get_budget, get_project_budgets, sum_allowances, sum_in_flight
from .costs import ZERO

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

# Home may be of many projects; it does not list all that have spent their budgets.
MOST_WARNINGS: Final = 4
_NAMES: Final = "_names_of_administrators"


class LimitReached(Exception):  # noqa: N818 - an answer, not a mistake
    """A call costs more than is left of a budget."""

    def __init__(self, budget: Budget, price: Decimal) -> None:
        super().__init__(f"a budget is reached: {budget.kind}")
        self.budget = budget
        self.price = price


class AllowanceChanged(Exception):  # noqa: N818 - an answer, not a mistake
    """The allowance was raised after this person had opened the page."""


def check_budget(price: Decimal, *, project: int, call: PaidCall | None = None) -> None:
    """Raise `LimitReached` if `price` is more than a budget leaves for a call of this project.

    These are the budgets of the project (its id is `project`) and this month's limit of the studio.
    With `call`, which is about to be sent: needs the transaction that marks it as sent, so that of
    two calls of which only one fits, the second one sees the first.
    """
    if call is not None:
        _lock_budgets(call)
    # Read under the lock, so that a budget that was lowered meanwhile counts.
    in_flight = sum_in_flight(call)
    budgets = get_project_budgets(Project.objects.filter(pk=project), in_flight=in_flight)
    if settings.MONTHLY_LIMIT is not None:
        budgets.append(get_budget(in_flight=in_flight))
    for budget in budgets:
        if budget.left is not None and price > budget.left:
            raise LimitReached(budget, price)


def _lock_budgets(call: PaidCall) -> None:
    """Let no other call pass that the same budgets pay.

    In one order, so that no two calls wait for each other: the project, then the rate limits, one
    of which the runner locks after this anyway. `no_key`, since rows of the project are written
    all the time.
    """
    assert transaction.get_connection().in_atomic_block
    Project.objects.select_for_update(no_key=True).get(pk=call.project_id)
    if settings.MONTHLY_LIMIT is None:
        return
    for kind in sorted(CallKind.values):
        RateLimit.objects.select_for_update().get_or_create(kind=kind, provider=call.provider)


def list_warnings(person: "User | AnonymousUser", project: int | None = None) -> list[Budget]:
    """The budgets that a person should know of, because 80 % of them are spent.

    That is the studio's, and those of this project, or of all in which they may clone. Those who
    may not see the sums of the studio or of the project are told only that the studio's limit is
    reached.
    """
    warnings, in_flight = [], None
    if settings.MONTHLY_LIMIT is not None:
        in_flight = sum_in_flight()
        budget = get_budget(in_flight=in_flight)
        if budget.stops or (budget.warns and may_see(person, budget)):
            warnings.append(budget)
    if project is None:
        budgets = _list_budgets(person, Action.CLONE, in_flight)
    elif may(person, Action.SEE_COSTS, project):
        budgets = get_project_budgets(Project.objects.filter(pk=project), in_flight=in_flight)
    else:
        budgets = []
    return warnings + [budget for budget in budgets if budget.warns][:MOST_WARNINGS]


def list_project_budgets(
    person: "User | AnonymousUser", in_flight: Mapping[int, Decimal] | None = None
) -> list[Budget]:
    """The budgets of all open projects whose costs this person may see, by name.

    Pass `sum_in_flight()` as `in_flight` to reuse it.
    """
    return _list_budgets(person, Action.SEE_COSTS, in_flight)


def _list_budgets(
    person: "User | AnonymousUser", action: Action, in_flight: Mapping[int, Decimal] | None
) -> list[Budget]:
    pks = access_of(person).projects(action)
    projects = Project.objects.open().with_budget()
    if pks is not None:
        projects = projects.filter(pk__in=pks)
    return get_project_budgets(projects, in_flight=in_flight)


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
    month = month_of(clock.now())
    with transaction.atomic():
        # Two requests of one person run one after the other.
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if beside is not None and beside != sum_allowances(month):
            raise AllowanceChanged
        record(Verb.LIMIT_RAISED, by=by, note=note, amount=str(amount))
        return Allowance.objects.create(month=month, amount=amount, by=by, note=note)


def list_allowances(month: date) -> list[Allowance]:
    """Return the allowances of this month, the newest first."""
    return list(Allowance.objects.filter(month=month).select_related("by"))


def is_administrator(person: "User | AnonymousUser") -> bool:
    """Whether this person can raise the limit, and is told how to mend what others cannot."""
    return may(person, Action.ALLOW_MORE)


def may_see(person: "User | AnonymousUser", budget: Budget) -> bool:
    """Whether this person may see the sums of this budget."""
    if budget.project is None:
        return sees_studio_costs(person)
    return may(person, Action.SEE_COSTS, budget.project.pk)


def message_for_reader(message: Message, person: "User | AnonymousUser") -> Message:
    """The message with what this person can do, or with the names of those who can.

    The names are read at most once for each user object, since a list has many messages.
    """
    if is_administrator(person) or not message.names_step:
        return message.for_reader(is_administrator=is_administrator(person))
    names: list[str] | None = getattr(person, _NAMES, None)
    if names is None:
        names = list_administrators()
        setattr(person, _NAMES, names)
    return message.for_reader(is_administrator=False, names=names)


def list_people_to_ask(person: "User | AnonymousUser") -> list[str]:
    """Return the names of people who can raise the limit; none if this person can."""
    return [] if is_administrator(person) else list_administrators()


def list_administrators(most: int = 5) -> list[str]:
    """Return the names of people who can allow more."""
    people = get_user_model().objects.filter(is_active=True, is_staff=True)
    return [display_name(person) for person in people.order_by("username")[:most]]
