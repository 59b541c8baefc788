"""Words, costs: the titles of the tables of costs, amounts, and the monthly limit."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .messages import Message

GROUPS: Final[dict[str, str | Promise]] = {
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


def message_for_limit(price: Decimal, left: Decimal | None, currency: str) -> Message:
    """Why a call is not sent: what it costs, and what is left of this month's limit.

    Both are rounded as everywhere on the pages. Where they would then seem to fit, the price is
    rounded up and the rest down.
    """
    rest = left or Decimal(0)
    shown = price.quantize(_CENT), rest.quantize(_CENT)
    if shown[0] <= shown[1]:
        shown = price.quantize(_CENT, ROUND_CEILING), rest.quantize(_CENT, ROUND_FLOOR)
    amounts = {
        name: currency + formats.number_format(amount, 2)
        for name, amount in zip(("price", "left"), shown, strict=True)
    }
    return Message(
        _now("This costs %(price)s, and %(left)s is left of this month's limit.") % amounts,
        _("Nothing was sent. An administrator can raise the limit on the Costs page."),
        administrator_step=_("Nothing was sent. You can raise the limit on the Costs page."),
        offers_limit=True,
    )
