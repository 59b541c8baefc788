"""Money: amounts that are exact on every kind of database."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import models

if TYPE_CHECKING:
    _Whole = models.Field[Decimal | models.expressions.Combinable, Decimal]
else:
    _Whole = models.BigIntegerField

PLACES: Final = 9
SMALLEST: Final = Decimal(1).scaleb(-PLACES)


class MoneyField(_Whole):
    """A Decimal with 9 places, kept as a whole number.

    SQLite has no decimals: it would keep and add floats. A whole number is added exactly, so that
    a sum over all lines is the sum of the lines.
    """

    def get_prep_value(self, value: Any) -> Any:
        """The whole number that is kept."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return int(Decimal(value).quantize(SMALLEST).scaleb(PLACES))

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        """The amount."""
        return None if value is None else Decimal(int(value)).scaleb(-PLACES)

    def to_python(self, value: Any) -> Decimal | None:
        """The amount, from what a form or a fixture says."""
        return None if value is None else Decimal(value)
