"""Amounts of money that are exact on SQLite as well."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import models

if TYPE_CHECKING:
    _Whole = models.Field[Decimal | models.expressions.Combinable, Decimal]
    _WholeOrNone = models.Field[Decimal | models.expressions.Combinable | None, Decimal | None]
else:
    _Whole = _WholeOrNone = models.BigIntegerField

PLACES: Final = 9
SMALLEST: Final = Decimal(1).scaleb(-PLACES)


class _ExactAmount:
    """A Decimal with 9 places, stored as an integer.

    SQLite has no decimals and would add floats; integers are added exactly.
    """

    def get_prep_value(self, value: Any) -> Any:
        """The integer to store."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return int(Decimal(value).quantize(SMALLEST).scaleb(PLACES))

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        """The amount."""
        return None if value is None else Decimal(int(value)).scaleb(-PLACES)

    def to_python(self, value: Any) -> Decimal | None:
        """The amount, from the value of a form or a fixture."""
        return None if value is None else Decimal(value)


class MoneyField(_ExactAmount, _Whole):
    """An exact amount."""


class OptionalMoneyField(_ExactAmount, _WholeOrNone):
    """An exact amount, or None; needs `null=True`."""
