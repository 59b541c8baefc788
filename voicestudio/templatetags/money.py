"""Template tags of money: amounts, bars of months and of the limit, and the limit warning."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.conf import settings
from django.utils import formats
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voicestudio.models import PaidCall, access_of
from voicestudio.services.money import limits, prices
from voicestudio.services.money.budgets import Budget
from voicestudio.services.money.costs import CostLine
from voicestudio.words.costs import GROUPS, money

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

register = template.Library()

CENT: Final = Decimal("0.01")
NO_CENTS_FROM: Final = Decimal(1000)


@register.inclusion_tag("costs/_strip.html", takes_context=True)
def budget_strip(context: dict[str, Any], project: int | None = None) -> dict[str, Any]:
    """A warning from 80 % of the month's limit, or of the budgets of the project of this id.

    Without a project, of all in which the person may clone a voice.
    """
    person = context["request"].user
    return _describe(person, limits.list_warnings(person, project))


@register.simple_tag(takes_context=True)
def budget_warnings(context: dict[str, Any]) -> dict[str, Any]:
    """The same for the project in use, which is that of the form.

    In two parts: `stopped`, the studio's limit if it is reached, and `others`.
    """
    person = context["request"].user
    budgets = limits.list_warnings(person, access_of(person).in_use)
    stopped = [budget for budget in budgets if budget.stops and budget.kind == "month"]
    others = [budget for budget in budgets if budget not in stopped]
    return _describe(person, budgets) | {"stopped": stopped, "others": others}


def _describe(person: "User | AnonymousUser", budgets: list[Budget]) -> dict[str, Any]:
    return {
        "budgets": budgets,
        "is_administrator": limits.is_administrator(person),
        "administrators": limits.list_people_to_ask(person) if budgets else [],
    }


@register.filter
def repeat_price(call: PaidCall) -> Decimal:
    """What the same request would cost now."""
    return prices.price_of(call)


@register.filter
def group_title(name: str) -> str | Promise:
    """The title of a table of costs."""
    return GROUPS[name]


@register.filter
def percent(share: Decimal | None) -> str:
    """A share in percent, rounded down so that it never shows a mark it has not reached."""
    return "" if share is None else f"{int(share * 100)}\u00a0%"


@register.filter
def month_name(day: date) -> str:
    """ "November 2026", in the order of the language: "2026年11月"."""
    return formats.date_format(day, "YEAR_MONTH_FORMAT")


@register.filter
def cell_price(amount: Decimal) -> str:
    """An amount for a cell of a table, on one line: $1.50, or "<$0.01"."""
    if 0 < amount < CENT:
        return f"<{money(CENT, settings.CURRENCY)}"
    return money(amount, settings.CURRENCY)


@register.filter
def short_price(amount: Decimal) -> str:
    """An amount for a narrow bar: as in a cell, but no cents from a thousand on."""
    if amount < NO_CENTS_FROM:
        return cell_price(amount)
    return money(amount, settings.CURRENCY, 0)


@register.simple_tag
def month_bar(line: CostLine, lines: list[CostLine]) -> SafeString:
    """A month as a bar, scaled to the highest one; its uncertain part is hollow."""
    highest = max(month.amount for month in lines)
    if not line.amount or not highest:
        return format_html('<svg viewBox="0 0 40 100" {}="true"></svg>', "aria-hidden")
    height = max(2, int(line.amount * 100 / highest))
    hollow = int(line.uncertain * 100 / highest)
    return format_html(
        '<svg viewBox="0 0 40 100" preserveAspectRatio="none" aria-hidden="true">'
        '<rect y="{}" width="40" height="{}"/>'
        '<rect class="open" x="1" y="{}" width="38" height="{}"/></svg>',
        100 - height + hollow,
        height - hollow,
        101 - height if hollow else 100,
        max(0, hollow - 1),
    )


@register.simple_tag
def limit_bar(budget: Budget) -> SafeString:
    """The used part of the month's limit, with a mark at 80 %."""
    width = min(1000, int((budget.share or 0) * 1000))
    return format_html(
        '<svg class="limit" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10"/><path d="M800 0V10"/></svg>',
        width,
    )
