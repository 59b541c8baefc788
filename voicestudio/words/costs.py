"""Words, costs: the titles of the tables of costs, amounts, and the monthly limit."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .messages import Message

GROUPS: Final[dict[str, str | Promise]] = {
    "project": _("By project"),
    "person": _("By person"),
    "speaker": _("By speaker"),
    "voice": _("By voice"),
    "model": _("By model"),
}
RAISE_LIMIT: Final = _("Raise the limit")
PRACTICE_NOTICE: Final = _(
    "Practice mode: no real voices are cloned, and nothing is charged. "
    "Amounts show what MiniMax would charge."
)
_CENT: Final = Decimal("0.01")


# By the values of `services.money.budgets.BudgetKind`.
_LEFT: Final = {
    "month": _("This costs %(price)s, and %(left)s is left of this month's limit."),
    "project_month": _(
        "This costs %(price)s, and %(left)s is left of the project's budget for this month."
    ),
    "project_total": _("This costs %(price)s, and %(left)s is left of the project's total budget."),
}
_LESS_LEFT: Final = {
    "month": _("This costs more than is left of the studio's limit for this month."),
    "project_month": _("This costs more than is left of the project's budget for this month."),
    "project_total": _("This costs more than is left of the project's total budget."),
}


def message_for_limit(
    price: Decimal,
    left: Decimal | None,
    currency: str,
    *,
    kind: str = "month",
    with_figures: bool = True,
) -> Message:
    """Why a call is not sent: what it costs, and what is left of the budget of this kind.

    `with_figures` is false for those who may not see its sums. Both are rounded as everywhere on
    the pages. Where they would then seem to fit, the price is rounded up and the rest down.
    """
    rest = left or Decimal(0)
    shown = price.quantize(_CENT), rest.quantize(_CENT)
    if shown[0] <= shown[1]:
        shown = price.quantize(_CENT, ROUND_CEILING), rest.quantize(_CENT, ROUND_FLOOR)
    amounts = {
        name: currency + formats.number_format(amount, 2)
        for name, amount in zip(("price", "left"), shown, strict=True)
    }
    headline = str(_LEFT[kind]) % amounts if with_figures else _LESS_LEFT[kind]
    if kind == "month":
        return Message(
            headline,
            _("Nothing was sent. An administrator can raise the limit."),
            administrator_step=_("Nothing was sent. You can raise the limit on the Costs page."),
            names_step=_("Nothing was sent. An administrator can raise the limit: %(names)s."),
            offers_limit=True,
        )
    return Message(
        headline,
        _("Nothing was sent. An administrator can raise the budget."),
        administrator_step=_("Nothing was sent. You can raise the budget of the project."),
        names_step=_("Nothing was sent. An administrator can raise the budget: %(names)s."),
    )
