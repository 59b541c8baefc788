"""Forms: the month of the costs page, and a raise of the monthly limit."""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from . import texts

# Years outside of these are typing errors.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
MOST: Final = Decimal(100_000)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def parse_month(text: str) -> date | None:
    """The first day of the month in `text` ("2026-11"); None if it is not a month."""
    match = _MONTH.fullmatch(text)
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    return date(int(match[1]), int(match[2]), 1)


class AllowForm(forms.Form):
    """A raise of this month's limit; `beside` is the total of raises when the form was shown."""

    amount = forms.DecimalField(
        label=_("How much more"),
        min_value=Decimal("0.01"),
        max_value=MOST,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "input", "step": "0.01", "inputmode": "decimal"}),
        error_messages={
            "required": _("Type how much more."),
            "invalid": _("Type an amount, such as 5.00."),
            "min_value": _("It must be at least 0.01."),
            "max_value": _("That is too much for one raise."),
            "max_decimal_places": _("Use at most two digits after the point."),
        },
    )
    note = forms.CharField(
        label=_("What for"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    beside = forms.DecimalField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"auto_id": "allow-%s", "label_suffix": ""}
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def clean_note(self) -> str:
        """The note without invisible characters."""
        return texts.clean(self.cleaned_data["note"])
