"""Forms: which month of the costs, and how much more an administrator allows."""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from . import texts

# Before the first line and after the last one: what lies outside is a slip of the finger.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
MOST: Final = Decimal(100_000)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def month_in(text: str) -> date | None:
    """The first day of the month that `text` ("2026-11") names; None if it names none."""
    found = _MONTH.fullmatch(text)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    return date(int(found[1]), int(found[2]), 1)


class AllowForm(forms.Form):
    """More money for this month; `beside` is what had been allowed when the form was shown."""

    amount = forms.DecimalField(
        label=_("How much more"),
        min_value=Decimal("0.01"),
        max_value=MOST,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "input", "step": "0.01", "inputmode": "decimal"}),
        error_messages={
            "required": _("Say how much more."),
            "invalid": _("Type an amount, such as 5.00."),
            "min_value": _("It must be at least 0.01."),
            "max_value": _("That is more than can be allowed at once."),
            "max_decimal_places": _("Two digits after the point are enough."),
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
        """Without what nobody can see."""
        return texts.clean(self.cleaned_data["note"])
