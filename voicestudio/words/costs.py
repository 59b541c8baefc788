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
    "model": _("By kind and model"),
}
RAISE_LIMIT: Final = _("Raise the limit")
PRACTICE_NOTICE: Final = _(
    "Practice mode: no real voices are cloned, and nothing is charged. "
    "Amounts show what MiniMax would charge."
)
# By the account that a charge names; a gateway or account that the settings name keeps its name.
_PROVIDERS: Final = {
    "practice": _("Practice mode"),
    "api.minimax.io": "MiniMax",
    "api.minimax.cn": _("MiniMax (mainland China)"),
}
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


def describe_provider(account: str) -> str:
    """What people call the account at which a charge was made."""
    return str(_PROVIDERS.get(account, account))


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
        name: money(amount, currency) for name, amount in zip(("price", "left"), shown, strict=True)
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


def money(amount: Decimal, currency: str, places: int = 2) -> str:
    """An amount as the language writes it: $1.50, 1,50 $."""
    number = formats.number_format(amount.quantize(Decimal(1).scaleb(-places)), places)
    return with_currency(number, currency)


def with_currency(number: str, currency: str) -> str:
    """A written amount with its currency, where the language has it."""
    return str(_("%(currency)s%(number)s")) % {"currency": currency, "number": number}


_EMAIL_TITLES: Final = {
    ("project_month", False): _("{project} has used {percent} % of its budget for this month"),
    ("project_month", True): _("{project} has used its budget for this month"),
    ("project_total", False): _("{project} has used {percent} % of its total budget"),
    ("project_total", True): _("{project} has used its total budget"),
}


def email_about_budget(
    kind: str, *, project: str, spent: Decimal, ceiling: Decimal, currency: str, stops: bool
) -> tuple[str, str]:
    """Subject and body of the email that most or all of a project's budget is used."""
    percent = int(spent * 100 / ceiling) if ceiling else 100
    subject = str(_EMAIL_TITLES[kind, stops]).format(project=project, percent=percent)
    amounts = {
        "spent": money(spent.quantize(_CENT, ROUND_FLOOR), currency),
        "ceiling": money(ceiling, currency),
    }
    lines = [
        str(_("{spent} of {ceiling} is used, calls in progress included.")).format(**amounts),
        str(
            _("Paid calls of this project are stopped. An administrator can raise the budget.")
            if stops
            else _(
                "Paid calls of this project stop at 100 %. An administrator can raise the budget."
            )
        ),
    ]
    return subject, "\n\n".join(lines)
