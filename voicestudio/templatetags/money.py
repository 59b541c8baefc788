"""Template tags of money: bars of months and of the limit, and the strip when little is left."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import template
from django.conf import settings
from django.utils import formats
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from voicestudio.models import PaidCall
from voicestudio.services.money import limits, prices
from voicestudio.services.money.costs import CostLine
from voicestudio.services.money.limits import Budget

register = template.Library()

GROUPS: Final[dict[str, str | Promise]] = {
    "person": _("By person"),
    "speaker": _("By speaker"),
    "voice": _("By voice"),
    "model": _("By model"),
}
WHOLE: Final = Decimal(1000)


@register.inclusion_tag("costs/_strip.html")
def budget_strip() -> dict[str, Any]:
    """A sentence when 80 % of the month's limit are gone; nothing before, and no query without."""
    if settings.MONTHLY_LIMIT is None:
        return {}
    budget = limits.get_budget()
    if not budget.warns:
        return {}
    return {
        "budget": budget,
        "administrators": limits.list_administrators() if budget.stops else [],
    }


@register.filter
def price_again(call: PaidCall) -> Decimal:
    """What the same request would cost if it were done once more."""
    return prices.price_of(call)


@register.filter
def group_title(name: str) -> str | Promise:
    """Over a table of sums."""
    return GROUPS[name]


@register.filter
def percent(share: Decimal | None) -> str:
    """A share as people say it; never rounded up to a mark that it has not reached."""
    return "" if share is None else f"{int(share * 100)}\u00a0%"


@register.filter
def month_name(day: date) -> str:
    """ "November 2026"."""
    return formats.date_format(day, "F Y")


@register.filter
def short(amount: Decimal) -> str:
    """An amount over a narrow bar: without cents from a thousand on."""
    places = 0 if amount >= WHOLE else 2
    rounded = amount.quantize(Decimal(1).scaleb(-places))
    return f"{settings.CURRENCY}{formats.number_format(rounded, places)}"


@register.simple_tag
def month_bar(line: CostLine, lines: list[CostLine]) -> SafeString:
    """One month as a bar of the highest one's scale; what is not certain stands hollow on top."""
    highest = max(one.amount for one in lines)
    if not line.amount or not highest:
        return format_html('<svg viewBox="0 0 40 100" {}="true"></svg>', "aria-hidden")
    high = max(2, int(line.amount * 100 / highest))
    hollow = int(line.uncertain * 100 / highest)
    return format_html(
        '<svg viewBox="0 0 40 100" preserveAspectRatio="none" aria-hidden="true">'
        '<rect y="{}" width="40" height="{}"/>'
        '<rect class="open" x="1" y="{}" width="38" height="{}"/></svg>',
        100 - high + hollow,
        high - hollow,
        101 - high if hollow else 100,
        max(0, hollow - 1),
    )


@register.simple_tag
def limit_bar(budget: Budget) -> SafeString:
    """How much of the month's ceiling is gone, and where 80 % is; the words stand beside it."""
    wide = min(1000, int((budget.share or 0) * 1000))
    return format_html(
        '<svg class="limit" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10"/><path d="M800 0V10"/></svg>',
        wide,
    )
